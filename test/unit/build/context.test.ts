import { describe, expect, it } from 'vitest';
import { selectContext } from '../../../engines/build/context/select.ts';
import { TarScanner } from '../../../engines/build/context/tar-scanner.ts';
import type { TreeEntry } from '../../../engines/build/context/tar-scanner.ts';
import { treeBytes } from '../../support/tree.ts';

function scan(bytes: Buffer, piece = bytes.length): TreeEntry[] {
  const scanner = new TarScanner();
  for (let at = 0; at < bytes.length; at += piece) scanner.push(bytes.subarray(at, at + piece));
  return scanner.end();
}

describe('TarScanner', () => {
  const files = {
    plain: 'hello',
    run: { mode: 0o4755, content: '' },
    [`${'a'.repeat(150)}/${'b'.repeat(120)}`]: 'long',
    'ü/日本': 'pax',
    link: { type: 'symlink' as const, linkname: `${'t'.repeat(120)}/x` },
    'dir/': { type: 'directory' as const, mode: 0o700 },
    big: 'x'.repeat(2_000),
  };

  it.each([1, 7, 511, 512, 513, 100_000])('finds every entry in pieces of %i bytes', async (piece) => {
    const bytes = await treeBytes(files);
    const entries = scan(bytes, piece);
    expect(entries.map(({ path }) => Buffer.from(path, 'latin1').toString())).toEqual(
      Object.keys(files).map((name) => name.replace(/\/$/, '')),
    );
    for (const entry of entries.filter(({ kind }) => kind === 'file')) {
      const name = Buffer.from(entry.path, 'latin1').toString() as keyof typeof files;
      const file = files[name] as string | { content: string };
      const content = bytes.toString('utf8', entry.offset, entry.offset + entry.size);
      expect(content).toBe(typeof file === 'string' ? file : file.content);
    }
    expect(entries[1]).toMatchObject({ kind: 'file', mode: 0o4755, size: 0 });
    expect(entries[4]).toMatchObject({ kind: 'symlink', link: `${'t'.repeat(120)}/x` });
    expect(entries[5]).toMatchObject({ kind: 'directory', mode: 0o700 });
  });

  it('keeps names that are not UTF-8 byte for byte', async () => {
    const bytes = await treeBytes({ xx: '1' });
    bytes.set([0xff, 0xfe]);
    bytes.write(checksum(bytes), 148, 'latin1');
    expect(scan(bytes)[0]?.path).toBe('\u00ff\u00fe');
  });

  it('refuses a stream that breaks off', async () => {
    const bytes = await treeBytes({ file: 'x'.repeat(1_000) });
    expect(() => scan(bytes.subarray(0, 900))).toThrow('ended inside an entry');
    expect(() => scan(bytes.subarray(0, 100))).toThrow('ended inside an entry');
  });

  it('gives files of the same size different checksums', async () => {
    const entries = scan(await treeBytes({ a: 'one', b: 'two' }));
    expect(entries[0]?.checksum).not.toBe(entries[1]?.checksum);
  });
});

function checksum(header: Buffer): string {
  const sum = header.subarray(0, 512).reduce((all, byte, at) => all + (at >= 148 && at < 156 ? 32 : byte), 0);
  return `${sum.toString(8).padStart(6, '0')}\0 `;
}

describe('selectContext', () => {
  const file = (path: string): TreeEntry => ({
    path,
    kind: 'file',
    mode: 0o644,
    size: 1,
    mtime: 5,
    link: '',
    offset: 0,
    checksum: 0,
  });
  const paths = (names: string[], folder = '.', rules?: string) =>
    selectContext(names.map(file), folder, rules).map(({ path }) => path);

  it('puts folders before what is in them, and that before the next sibling', () => {
    expect(paths(['a.txt', 'a/b', 'a-b', 'a/a/z'])).toEqual(['a', 'a/a', 'a/a/z', 'a/b', 'a-b', 'a.txt']);
  });

  it('takes only the context folder, by any spelling of it', () => {
    for (const folder of ['src', './src', 'src/', '/src'])
      expect(paths(['src/x', 'srcs', 'y'], folder)).toEqual(['x']);
  });

  it.each([
    ['*.log', ['a.log', 'd/b.log'], ['d', 'd/b.log']],
    ['**/*.log', ['a.log', 'd/b.log', 'c'], ['c']],
    ['d', ['d/x/y', 'e'], ['e']],
    ['/d/', ['d/x', 'e'], ['e']],
    ['*\n!keep', ['keep', 'drop'], ['keep']],
    ['d\n!d/keep', ['d/keep', 'd/drop'], ['d', 'd/keep']],
    ['# d\n\n', ['d'], ['d']],
    ['\u00ef\u00bb\u00bfd', ['d', 'e'], ['e']],
    ['A', ['a'], ['a']],
  ])('.dockerignore %j of %j leaves %j', (rules, names, left) => {
    expect(paths(names, '.', rules)).toEqual(left);
  });
});
