import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import type { Header } from 'tar-stream';

export interface TarFile {
  readonly header: Header;
  readonly content: Buffer;
}

/** Every entry of a stream that `openTree` gave, by name, as an independent reader sees it. */
export async function readTar(tree: Readable): Promise<Map<string, TarFile>> {
  const files = new Map<string, TarFile>();
  const reader = extract();
  const written = pipeline(withEnd(tree), reader);
  for await (const entry of reader) {
    const { header } = entry;
    if (files.has(header.name)) throw new Error(`${header.name} is there twice`);
    files.set(header.name, { header, content: await buffer(entry) });
  }
  await written;
  return files;
}

/** The end of the archive, which `openTree` leaves to its caller. */
async function* withEnd(tree: Readable): AsyncGenerator<Buffer> {
  yield* tree as AsyncIterable<Buffer>;
  yield Buffer.alloc(1024);
}
