import { finished } from 'node:stream/promises';
import { extract } from 'tar-stream';
import type { Header } from 'tar-stream';
import { expect, test } from 'vitest';
import { padding, tarHeader } from '../../../core/tar-entry.ts';
import type { TarEntry } from '../../../core/tar-entry.ts';

/** What an independent reader makes of the header. */
async function readBack(entry: TarEntry): Promise<Header> {
  const headers: Header[] = [];
  const reader = extract();
  reader.on('entry', (header, body, next) => {
    headers.push(header);
    body.resume();
    body.once('end', next);
  });
  reader.write(tarHeader(entry));
  if (entry.kind !== 'symlink') reader.write(Buffer.alloc(entry.size + padding(entry.size)));
  reader.end(Buffer.alloc(1024));
  await finished(reader);
  expect(headers).toHaveLength(1);
  return headers[0] as Header;
}

const plain = { kind: 'file', size: 3, mtime: 1_700_000_000 } as const;

test.each([
  ['an ordinary name', 'src/index.js'],
  ['exactly 100 bytes', 'x'.repeat(100)],
  ['101 bytes', 'x'.repeat(101)],
  ['folders of 300 bytes', `${'d/'.repeat(100)}${'f'.repeat(100)}`],
  ['a name that makes its record go from 99 to 101 bytes', 'x'.repeat(90) + 'é'.repeat(6)],
  ['spaces', ' a  b '],
  ['a leading dash', '-rf'],
  ['a newline', 'a\nb'],
  ['a tab and an equals sign', 'a\tb=c\n12 path=d'],
  ['other scripts', 'данные/数据/🎉'],
  ['a backslash', 'a\\b'],
])('%s stays as it is', async (_, path) => {
  expect((await readBack({ ...plain, path: Buffer.from(path) })).name).toBe(path);
});

test.each(Array.from({ length: 60 }, (_, index) => 60 + index))(
  'a pax record of a %d-byte name counts itself',
  async (length) => {
    const path = `é${'x'.repeat(length - 2)}`;
    expect((await readBack({ ...plain, path: Buffer.from(path) })).name).toBe(path);
  },
);

test('the same file is the same header: owner 0, mode and time fixed', async () => {
  expect(await readBack({ ...plain, path: Buffer.from('a') })).toMatchObject({
    type: 'file',
    mode: 0o644,
    uid: 0,
    gid: 0,
    uname: '',
    gname: '',
    size: 3,
    mtime: new Date(1_700_000_000_000),
  });
  expect((await readBack({ ...plain, kind: 'executable', path: Buffer.from('a') })).mode).toBe(0o755);
});

test.each(['../up', '/etc/passwd', 'x'.repeat(99), 'x'.repeat(100), 'x'.repeat(3000), 'ziel/ü'])(
  'a link keeps its target %#',
  async (target) => {
    const entry = {
      path: Buffer.from('link'),
      kind: 'symlink',
      size: 0,
      mtime: 0,
      target: Buffer.from(target),
    } as const;
    expect(await readBack(entry)).toMatchObject({ type: 'symlink', name: 'link', linkname: target, size: 0 });
  },
);

test('a file of 8 GiB and more has its size in the pax header', () => {
  const header = tarHeader({ ...plain, path: Buffer.from('big'), size: 9 * 1024 ** 3 });
  expect(header.toString('latin1')).toContain(`19 size=${9 * 1024 ** 3}\n`);
});

test.each([
  [-5, '00000000000'],
  [2 ** 40, '77777777777'],
])('a commit time of %d is held within what a header can say', (mtime, field) => {
  expect(tarHeader({ ...plain, path: Buffer.from('a'), mtime }).toString('latin1', 136, 147)).toBe(field);
});

test.each([
  [0, 0],
  [1, 511],
  [512, 0],
  [513, 511],
])('%d bytes need %d more to whole blocks', (size, more) => {
  expect(padding(size)).toBe(more);
});
