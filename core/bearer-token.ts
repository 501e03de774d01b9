/** What every token begins with, so that people and scanners for secrets know one when they see it. */
const TOKEN_PREFIX = 'slt_';
/** Random bytes of a token: 160 bits, as many as its 32 characters hold. */
export const TOKEN_BYTES = 20;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const BODY = (TOKEN_BYTES * 8) / 5;
/** Characters of 5 bits that 32 bits of check sum need. */
const CHECK = 7;

/**
 * A bearer token: the prefix, the random bytes, and a check sum of them, so that one that was cut off or mistyped in
 * copying is told from one that the platform does not know.
 */
export function bearerToken(random: Uint8Array): string {
  if (random.length !== TOKEN_BYTES) throw new Error(`a token is made of ${TOKEN_BYTES} random bytes`);
  const bits = Array.from(random, (byte) => byte.toString(2).padStart(8, '0')).join('');
  const body = base32(bits);
  return `${TOKEN_PREFIX}${body}${checkSum(body)}`;
}

/** `whole`: it may be one of ours; `damaged`: it was one; `foreign`: it never was. */
export function tokenShape(text: string): 'whole' | 'damaged' | 'foreign' {
  if (!text.startsWith(TOKEN_PREFIX)) return 'foreign';
  const rest = text.slice(TOKEN_PREFIX.length);
  const body = rest.slice(0, BODY);
  return rest.length === BODY + CHECK && rest === body + checkSum(body) ? 'whole' : 'damaged';
}

function checkSum(body: string): string {
  return base32(
    crc32(body)
      .toString(2)
      .padStart(CHECK * 5, '0'),
  );
}

function base32(bits: string): string {
  return (bits.match(/.{5}/g) ?? []).map((five) => ALPHABET[Number.parseInt(five, 2)]).join('');
}

/** CRC-32 of ISO 3309, as RFC 1952 (section 8) writes it out, over the character codes. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let at = 0; at < text.length; at++) {
    crc ^= text.charCodeAt(at) & 0xff;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
