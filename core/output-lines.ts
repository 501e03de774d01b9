import { StringDecoder } from 'node:string_decoder';

export const INDENT = '       ';

/** Characters of one line that is kept waiting for its end. */
const LONGEST_LINE = 64 * 1024;
/** Everything but tab, line feed and plain text; a line without them needs no work. */
// oxlint-disable-next-line no-control-regex -- control characters are what it is about
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]|\u001b(?!\[[\d;]*m)/g;
/** Escape sequences other than colours: cursor movement, titles, links. */
// oxlint-disable-next-line no-control-regex
const ESCAPES = /\u001b(?:\[[\d;?]*[A-Za-ln-z]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?)/g;

/**
 * Turns the output of one command into whole, indented lines: characters split over chunks are joined, of a line
 * that rewrites itself by carriage returns only the last state stays, and what could move the reader's cursor is cut.
 */
export class OutputLines {
  private readonly decoder = new StringDecoder('utf8');
  private pending = '';

  /** @returns whole lines, each with indent and line feed; '' when none has ended yet */
  push(bytes: Buffer): string {
    const text = this.pending + this.decoder.write(bytes);
    const end = text.lastIndexOf('\n');
    this.pending = lastState(text.slice(end + 1));
    let complete = text.slice(0, end + 1);
    if (this.pending.length > LONGEST_LINE) {
      complete += `${this.pending}\n`;
      this.pending = '';
    }
    return complete === '' ? '' : indented(complete);
  }

  /** The rest without a line feed, when the command has ended. */
  end(): string {
    const rest = this.pending + this.decoder.end();
    this.pending = '';
    return rest === '' ? '' : indented(`${rest}\n`);
  }
}

/** Text of a program without what could move the reader's cursor; colours, tabs and line ends stay. */
export function harmless(text: string): string {
  return CONTROL.test(text) ? text.split('\n').map(clean).join('\n') : text;
}

function indented(lines: string): string {
  const plain = harmless(lines);
  return `${INDENT}${plain.slice(0, -1).replaceAll('\n', `\n${INDENT}`)}\n`;
}

function clean(line: string): string {
  return lastState(line.replace(/\r+$/, '')).replace(ESCAPES, '').replace(CONTROLS, '');
}

/** What a terminal would show: the text after the last carriage return that has text after it. */
function lastState(line: string): string {
  if (!line.includes('\r')) return line;
  const [, body = '', returns = ''] = /^([\s\S]*?)(\r*)$/.exec(line) ?? [];
  return body.slice(body.lastIndexOf('\r') + 1) + returns;
}
