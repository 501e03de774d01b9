import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import type { Header } from 'tar-stream';
import type { BuildSource } from '../../engines/port.ts';

/** Content of a file, or a header and content, by path. */
export type TreeFiles = Readonly<
  Record<string, string | Buffer | (Partial<Header> & { content?: string | Buffer })>
>;

const END_OF_ARCHIVE = 1_024;

/** Files as the server sends a commit: tar entries without the end-of-archive blocks. */
export async function treeBytes(files: TreeFiles): Promise<Buffer> {
  const tar = pack();
  for (const [name, file] of Object.entries(files)) {
    const plain = typeof file === 'string' || Buffer.isBuffer(file);
    const { content = '', ...header } = plain ? { content: file } : file;
    tar.entry({ name, mode: 0o644, mtime: new Date(0), ...header }, content);
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  return bytes.subarray(0, bytes.length - END_OF_ARCHIVE);
}

/** A commit's files, and what is set for its builds. */
export function sourceOf(files: TreeFiles, secrets: Readonly<Record<string, string>> = {}): BuildSource {
  return { openTree: async () => Readable.from([await treeBytes(files)]), secrets: async () => secrets };
}
