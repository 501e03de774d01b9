import { crc32 } from 'node:zlib';

/**
 * Names are kept as bytes (one character a byte, latin1), because git names are bytes and need not be UTF-8.
 */
export interface TreeEntry {
  /** Without leading `./` and trailing `/`. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink';
  /** Permission bits, 0 to 0o7777. */
  readonly mode: number;
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Target of a symlink, as bytes; '' for others. */
  readonly link: string;
  /** Where the content begins in the stream. */
  readonly offset: number;
  /** CRC-32 of the content; tells two versions of a file apart that have the same size and time. */
  readonly checksum: number;
}

const BLOCK = 512;

interface Header {
  name: string;
  mode: number;
  size: number;
  mtime: number;
  type: string;
  link: string;
}

/**
 * Reads tar entries (ustar, pax, GNU long names) as they stream by, and says where each content lies, so that the
 * stream is kept as it came and files are read out of it later. The end-of-archive blocks are not needed.
 */
export class TarScanner {
  readonly entries: TreeEntry[] = [];
  private position = 0;
  private pending: Buffer = Buffer.alloc(0);
  private header: Header | undefined;
  private content: Buffer[] = [];
  private offset = 0;
  private left = 0;
  private padding = 0;
  private checksum = 0;
  private pax: Record<string, string> = {};
  private longName: string | undefined;
  private longLink: string | undefined;

  push(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) rest = this.header === undefined ? this.takeHeader(rest) : this.takeContent(rest);
  }

  /** @throws Error when the stream ended inside an entry */
  end(): TreeEntry[] {
    if (this.header !== undefined || this.pending.length > 0)
      throw new Error('the tree ended inside an entry');
    return this.entries;
  }

  private takeHeader(chunk: Buffer): Buffer {
    const missing = BLOCK - this.pending.length;
    this.pending =
      this.pending.length === 0 && chunk.length >= BLOCK
        ? chunk.subarray(0, BLOCK)
        : Buffer.concat([this.pending, chunk.subarray(0, missing)]);
    this.position += Math.min(missing, chunk.length);
    if (this.pending.length < BLOCK) return Buffer.alloc(0);
    const block = this.pending;
    this.pending = Buffer.alloc(0);
    if (block.some((byte) => byte !== 0)) {
      this.header = parseHeader(block);
      const size = this.pax['size'];
      if (size !== undefined && !'xgLK'.includes(this.header.type)) this.header.size = Number(size);
      this.left = this.header.size;
      this.padding = (BLOCK - (this.left % BLOCK)) % BLOCK;
      this.offset = this.position;
      this.checksum = 0;
      if (this.left === 0) this.finish();
    }
    return chunk.subarray(missing);
  }

  private takeContent(chunk: Buffer): Buffer {
    const data = chunk.subarray(0, this.left);
    if (data.length > 0) {
      if ('xgLK'.includes((this.header as Header).type)) this.content.push(Buffer.from(data));
      else this.checksum = crc32(data, this.checksum);
    }
    this.left -= data.length;
    const skip = this.left > 0 ? 0 : Math.min(this.padding, chunk.length - data.length);
    this.padding -= skip;
    this.position += data.length + skip;
    if (this.left === 0 && this.padding === 0) this.finish();
    return chunk.subarray(data.length + skip);
  }

  private finish(): void {
    const header = this.header as Header;
    const content = Buffer.concat(this.content);
    this.header = undefined;
    this.content = [];
    if (header.type === 'x') this.pax = parsePax(content);
    else if (header.type === 'L') this.longName = cString(content);
    else if (header.type === 'K') this.longLink = cString(content);
    else if (header.type !== 'g') this.add(header);
  }

  private add(header: Header): void {
    const name = this.pax['path'] ?? this.longName ?? header.name;
    const link = this.pax['linkpath'] ?? this.longLink ?? header.link;
    const mtime = this.pax['mtime'] === undefined ? header.mtime : Math.floor(Number(this.pax['mtime']));
    this.pax = {};
    this.longName = undefined;
    this.longLink = undefined;
    const path = name.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '');
    if (path === '' || path === '.') return;
    const common = { path, mode: header.mode & 0o7777, mtime: Math.max(0, mtime) };
    const place = { offset: this.offset, checksum: this.checksum };
    if (header.type === '5') this.entries.push({ ...common, kind: 'directory', size: 0, link: '', ...place });
    else if (header.type === '2') this.entries.push({ ...common, kind: 'symlink', size: 0, link, ...place });
    else if (header.type === '1') this.addHardLink(common, link);
    else if (header.type === '0')
      this.entries.push({ ...common, kind: 'file', size: header.size, link: '', ...place });
  }

  /** A second name of an earlier file becomes a file of its own: a commit knows no hard links. */
  private addHardLink(common: Pick<TreeEntry, 'path' | 'mode' | 'mtime'>, link: string): void {
    const target = link.replace(/^(?:\.?\/)+/, '');
    const first = this.entries.find((entry) => entry.path === target);
    if (first !== undefined) this.entries.push({ ...first, ...common });
  }
}

function parseHeader(block: Buffer): Header {
  const ustar = block.toString('latin1', 257, 262) === 'ustar';
  const posix = ustar && block[262] === 0;
  const prefix = posix ? cString(block.subarray(345, 500)) : '';
  const name = cString(block.subarray(0, 100));
  const type = block[156] === 0 || block[156] === 0x37 ? '0' : String.fromCharCode(block[156] as number);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    mode: number(block.subarray(100, 108)),
    size: '125'.includes(type) ? 0 : number(block.subarray(124, 136)),
    mtime: number(block.subarray(136, 148)),
    // A directory in the oldest form is a file whose name ends in a slash.
    type: type === '0' && name.endsWith('/') ? '5' : type,
    link: cString(block.subarray(157, 257)),
  };
}

/** Octal text, or base 256 when the first bit is set. */
function number(field: Buffer): number {
  if (((field[0] as number) & 0x80) !== 0) {
    return field.subarray(1).reduce((value, byte) => value * 256 + byte, (field[0] as number) & 0x7f);
  }
  const text = cString(field).trim();
  return text === '' ? 0 : Number.parseInt(text, 8);
}

function cString(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('latin1', 0, end === -1 ? bytes.length : end);
}

/** Records `<length> <key>=<value>\n`; the length counts the whole record, in bytes. */
function parsePax(content: Buffer): Record<string, string> {
  const records: Record<string, string> = {};
  let at = 0;
  while (at < content.length) {
    const space = content.indexOf(0x20, at);
    const length = Number.parseInt(content.toString('latin1', at, space), 10);
    if (space === -1 || !(length > 0)) break;
    const record = content.toString('latin1', space + 1, at + length - 1);
    const equals = record.indexOf('=');
    records[record.slice(0, equals)] = record.slice(equals + 1);
    at += length;
  }
  return records;
}
