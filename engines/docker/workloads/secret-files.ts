import type Docker from 'dockerode';
import type { HostConfig } from 'dockerode';
import { FILES_FOLDER } from '../../../core/config/files.ts';
import { padding, tarHeader } from '../../../core/tar-entry.ts';
import { TarScanner } from '../../build/context/tar-scanner.ts';
import { runsAsRoot } from '../../build/image-facts.ts';
import { numericUser } from '../../numeric-user.ts';
import type { ReleaseSpec } from '../../port.ts';
import { reached, unless } from '../client.ts';
import { LABEL } from './labels.ts';

/**
 * Files of a release, in a volume of each container's own. It is there before the first start, and again after each one, by
 * the engine itself: after a crash, and after a restart of the machine with no server yet. It goes with its container, and
 * is in no image that is made of that. A tmpfs would be empty each time; a file of the host's would have to be written by
 * somebody before the engine starts what needs it, on a host that may not be the server's.
 */

const END_OF_ARCHIVE = Buffer.alloc(1_024);
/** Bytes of an image's /etc/passwd; a longer one is not looked at. */
const MOST_ACCOUNTS = 1024 * 1024;

/** The image need not end as the user that it begins as: databases change theirs at the start. */
const FOR_EVERYBODY = { mode: 0o444, owner: 0 };

/** Where the files go; nothing where there are none. */
export function filesMount(installationId: string, { files, app }: ReleaseSpec): Pick<HostConfig, 'Mounts'> {
  if (Object.keys(files).length === 0) return {};
  const labels = { [LABEL.kind]: 'files', [LABEL.installation]: installationId, [LABEL.app]: app.id };
  return {
    Mounts: [
      {
        Type: 'volume',
        Source: '',
        Target: FILES_FOLDER,
        // Without what the image has there. The type wants a driver as well; absent means the engine's own.
        VolumeOptions: { NoCopy: true, Labels: labels } as never,
      },
    ],
  };
}

/** Writes a release's files into a container that is about to start; a second time changes nothing. */
export async function putFiles(container: Docker.Container, { files }: ReleaseSpec): Promise<void> {
  if (Object.keys(files).length === 0) return;
  const rights = await rightsIn(container);
  const parts = Object.entries(files).flatMap(([name, text]) => {
    const content = Buffer.from(text);
    const entry = {
      path: Buffer.from(name),
      kind: 'file',
      size: content.length,
      mtime: 0,
      ...rights,
    } as const;
    return [tarHeader(entry), content, Buffer.alloc(padding(content.length))];
  });
  await reached(container.putArchive(Buffer.concat([...parts, END_OF_ARCHIVE]), { path: FILES_FOLDER }));
}

/** The image's user alone can read them, where it stays the same one. */
async function rightsIn(container: Docker.Container): Promise<{ mode: number; owner: number }> {
  const { User: user } = (await reached(container.inspect())).Config;
  if (runsAsRoot(user)) return FOR_EVERYBODY;
  const passwd = /^\d+(?::|$)/.test(user) ? '' : await accounts(container);
  const [uid] = (numericUser(user.replace(/:.*$/, ''), { passwd, group: '' }) ?? '').split(':');
  return uid === undefined || uid === '' ? FOR_EVERYBODY : { mode: 0o400, owner: Number(uid) };
}

/** `/etc/passwd` of an image; '' where there is none that can be read. */
async function accounts(container: Docker.Container): Promise<string> {
  const archive = await unless([404], container.getArchive({ path: '/etc/passwd' }));
  if (archive === undefined) return '';
  const scanner = new TarScanner();
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of archive) {
    pieces.push(piece as Buffer);
    scanner.push(piece as Buffer);
    if ((size += (piece as Buffer).length) > MOST_ACCOUNTS) return '';
  }
  const file = scanner.entries.find(({ kind }) => kind === 'file');
  return file === undefined
    ? ''
    : Buffer.concat(pieces).toString('utf8', file.offset, file.offset + file.size);
}

/** Removes volumes of files whose container somebody has removed without them. */
export async function removeLeftFiles(docker: Docker, installationId: string): Promise<void> {
  const label = [`${LABEL.installation}=${installationId}`, `${LABEL.kind}=files`];
  const { Volumes } = await reached(docker.listVolumes({ filters: { dangling: ['true'], label } as never }));
  // 409: in use after all.
  for (const { Name } of Volumes) await unless([404, 409], docker.getVolume(Name).remove());
}
