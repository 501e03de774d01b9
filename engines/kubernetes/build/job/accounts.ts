import { TarScanner } from '../../../build/context/tar-scanner.ts';
import { filesInMemory } from '../../../build/session/file-source.ts';
import type { Buildkitd } from './buildkitd.ts';
import type { ImageContexts } from './image-contexts.ts';

/**
 * `/etc/passwd` and `/etc/group` of an image, by a solve that copies them out of it.
 * @param image a name that the contexts give
 */
export async function accountFiles(
  daemon: Buildkitd,
  image: string,
  { attributes, sources }: ImageContexts,
  signal: AbortSignal,
): Promise<{ passwd: string; group: string }> {
  const text = `FROM ${image} AS image\nFROM scratch\nCOPY --from=image /etc/passwd* /etc/group* /\n`;
  const scanner = new TarScanner();
  const pieces: Buffer[] = [];
  const receive = (bytes: Buffer): void => {
    pieces.push(bytes);
    scanner.push(bytes);
  };
  const folders = { dockerfile: filesInMemory({ Dockerfile: text }), context: filesInMemory({}) };
  const solve = {
    services: { folders, receive, content: { sources } },
    sharedKey: '',
    attributes: { filename: 'Dockerfile', ...attributes },
    exporter: { type: 'tar', attributes: {} },
  } as const;
  const result = await daemon.solve(solve, signal, async () => undefined);
  if ('error' in result) throw new Error(`the accounts of ${image} cannot be read: ${result.error}`);
  const archive = Buffer.concat(pieces);
  const file = (name: string): string => {
    const entry = scanner.entries.find(({ path, kind }) => path === name && kind === 'file');
    return entry === undefined ? '' : archive.toString('utf8', entry.offset, entry.offset + entry.size);
  };
  return { passwd: file('passwd'), group: file('group') };
}
