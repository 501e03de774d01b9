/** What real encoders make of a text, each written anew here, so that it shares no mistake with what looks for it. */
export const ENCODERS: Readonly<Record<string, (text: string) => string>> = {
  raw: (text) => text,
  'raw, CRLF': (text) => text.replaceAll(/\r\n?|\n/g, '\r\n'),
  'raw, indented': (text) => text.replaceAll(/\r\n?|\n/g, '\n       '),
  'raw, lines joined by the shell': (text) => text.replaceAll(/\s*[\r\n]+\s*/g, ' '),
  encodeURIComponent,
  encodeURI,
  'encodeURIComponent, lower case': (text) =>
    encodeURIComponent(text).replaceAll(/%../g, (hex) => hex.toLowerCase()),
  'form, + for space': (text) => new URLSearchParams([['k', text]]).toString().slice(2),
  'all but letters and digits': (text) => percent(text, /[A-Za-z0-9]/),
  'as Go escapes paths': (text) => percent(text, /[A-Za-z0-9\-_.~$&+=:@]/),
  'as Python quotes': (text) => percent(text, /[A-Za-z0-9\-_.~/]/),
  'only what breaks a query': (text) => percent(text, /[^ %&#+\r\n]/),
  'URL within a URL': (text) => encodeURIComponent(encodeURIComponent(text)),
  JSON: (text) => JSON.stringify(text).slice(1, -1),
  'JSON, \\/': (text) => JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/'),
  'JSON, ASCII': (text) => ascii(JSON.stringify(text).slice(1, -1), (hex) => hex),
  'JSON, ASCII, upper case': (text) => ascii(JSON.stringify(text).slice(1, -1), (hex) => hex.toUpperCase()),
  'JSON, as Go escapes HTML': (text) =>
    JSON.stringify(text)
      .slice(1, -1)
      .replaceAll(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`),
  'JSON within JSON': (text) => JSON.stringify(JSON.stringify(text)).slice(3, -3),
  'base64, at 0': (text) => inner(Buffer.from(text).toString('base64'), 0),
  'base64, at 1': (text) => inner(Buffer.from(`a${text}`).toString('base64'), 1),
  'base64, at 2': (text) => inner(Buffer.from(`\u00ff${text}`).toString('base64'), 2),
  'base64url, at 0': (text) => inner(Buffer.from(text).toString('base64url'), 0),
  'base64url, at 1': (text) => inner(Buffer.from(`z${text}`).toString('base64url'), 1),
  'base64url, at 2': (text) => inner(Buffer.from(`\u00ff${text}`).toString('base64url'), 2),
  'base64 in a URL': (text) => encodeURIComponent(inner(Buffer.from(text).toString('base64'), 0)),
};

/** Without what says something of the bytes before alone, and without padding. */
function inner(base64: string, offset: number): string {
  return base64.slice(offset).replace(/=+$/, '');
}

function percent(text: string, kept: RegExp): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return byte < 0x80 && kept.test(character)
        ? character
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

function ascii(text: string, hexCase: (hex: string) => string): string {
  return text.replaceAll(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${hexCase(unit.charCodeAt(0).toString(16).padStart(4, '0'))}`,
  );
}
