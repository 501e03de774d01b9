const BLOCK = 512;
/** The largest number that 11 octal digits hold. */
const MAX_OCTAL_11 = 0o77777777777;
const MAX_OCTAL_7 = 0o7777777;
const MODE = { file: 0o644, executable: 0o755, symlink: 0o777 } as const;

export interface TarEntry {
  readonly path: Buffer;
  readonly kind: 'file' | 'executable' | 'symlink';
  /** Bytes of a file's content; 0 for a symlink. */
  readonly size: number;
  /** Target of a symlink. */
  readonly target?: Buffer;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Permission bits; absent: 0644 of a file, 0755 of an executable. */
  readonly mode?: number;
  /** Number of the owner; absent: 0. */
  readonly owner?: number;
}

/**
 * The header blocks of one entry: ustar, preceded by a pax header (POSIX.1-2001) for whatever ustar cannot say:
 * names over 100 bytes or not ASCII, sizes of 8 GiB and more, and owners over 2097151. The group is 0.
 */
export function tarHeader(entry: TarEntry): Buffer {
  const records: Buffer[] = [];
  if (!fitsUstar(entry.path)) records.push(paxRecord('path', entry.path));
  if (entry.target !== undefined && !fitsUstar(entry.target))
    records.push(paxRecord('linkpath', entry.target));
  if (entry.size > MAX_OCTAL_11) records.push(paxRecord('size', Buffer.from(String(entry.size))));
  const { owner = 0 } = entry;
  if (owner > MAX_OCTAL_7) records.push(paxRecord('uid', Buffer.from(String(owner))));
  const header = ustar({
    path: fitsUstar(entry.path) ? entry.path : Buffer.from('long-name'),
    target: entry.target !== undefined && fitsUstar(entry.target) ? entry.target : Buffer.alloc(0),
    mode: entry.mode ?? MODE[entry.kind],
    owner: Math.min(owner, MAX_OCTAL_7),
    size: Math.min(entry.size, MAX_OCTAL_11),
    mtime: entry.mtime,
    type: entry.kind === 'symlink' ? '2' : '0',
  });
  if (records.length === 0) return header;
  const pax = Buffer.concat(records);
  const paxHeader = ustar({
    path: Buffer.from('pax-header'),
    target: Buffer.alloc(0),
    mode: 0o644,
    owner: 0,
    size: pax.length,
    mtime: entry.mtime,
    type: 'x',
  });
  return Buffer.concat([paxHeader, pax, Buffer.alloc(padding(pax.length)), header]);
}

/** Zero bytes that fill a content of `size` bytes up to whole blocks. */
export function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

/** ustar names are ASCII by the standard; a trailing slash there would make a folder of a file. */
function fitsUstar(name: Buffer): boolean {
  return name.length <= 100 && name.every((byte) => byte >= 0x20 && byte < 0x7f);
}

/** `<length> <key>=<value>\n`, where the length counts itself. */
function paxRecord(key: string, value: Buffer): Buffer {
  const rest = key.length + value.length + 3;
  let length = rest + String(rest).length;
  if (String(length).length > String(rest).length) length = rest + String(length).length;
  return Buffer.concat([Buffer.from(`${length} ${key}=`), value, Buffer.from('\n')]);
}

interface UstarFields {
  readonly path: Buffer;
  readonly target: Buffer;
  readonly mode: number;
  readonly owner: number;
  readonly size: number;
  readonly mtime: number;
  readonly type: '0' | '2' | 'x';
}

function ustar({ path, target, mode, owner, size, mtime, type }: UstarFields): Buffer {
  const block = Buffer.alloc(BLOCK);
  path.copy(block, 0);
  block.write(octal(mode, 7), 100, 'latin1');
  block.write(octal(owner, 7), 108, 'latin1');
  block.write(octal(0, 7), 116, 'latin1');
  block.write(octal(size, 11), 124, 'latin1');
  block.write(octal(Math.min(Math.max(mtime, 0), MAX_OCTAL_11), 11), 136, 'latin1');
  block.write('        ', 148, 'latin1');
  block.write(type, 156, 'latin1');
  target.copy(block, 157);
  block.write('ustar\u000000', 257, 'latin1');
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${octal(sum, 6)}\0 `, 148, 'latin1');
  return block;
}

function octal(number: number, digits: number): string {
  return number.toString(8).padStart(digits, '0');
}
