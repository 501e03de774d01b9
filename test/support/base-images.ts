import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where Debian's busybox-static puts its program, and where others do. */
const BUSYBOX = '/bin/busybox';

let made: Promise<void> | undefined;

/** Makes the image `busybox:1` of this machine's own static busybox, where no image of that name is. */
export function ensureBusybox(): Promise<void> {
  made ??= makeBusybox();
  return made;
}

async function makeBusybox(): Promise<void> {
  if (await imageExists('busybox:1')) return;
  const root = await mkdtemp(join(tmpdir(), 'sluice-busybox-'));
  try {
    await mkdir(join(root, 'bin'));
    await mkdir(join(root, 'etc'));
    await mkdir(join(root, 'tmp'));
    await chmod(join(root, 'tmp'), 0o1777);
    await writeFile(
      join(root, 'etc/passwd'),
      'root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
    );
    await copyFile(BUSYBOX, join(root, 'bin/busybox'));
    await chmod(join(root, 'bin/busybox'), 0o755);
    const { stdout } = await run(BUSYBOX, ['--list']);
    const applets = stdout.split('\n').filter((name) => name !== '' && name !== 'busybox');
    await Promise.all(applets.map((name) => symlink('busybox', join(root, 'bin', name))));
    await run('tar', ['-C', root, '--owner=0', '--group=0', '-cf', `${root}.tar`, '.']);
    // Two tests may make it side by side; the later one then takes the name, with the same content.
    await run('docker', ['import', '--change', 'CMD ["sh"]', `${root}.tar`, 'busybox:1']);
  } finally {
    await rm(root, { recursive: true, force: true });
    await rm(`${root}.tar`, { force: true });
  }
}

async function imageExists(name: string): Promise<boolean> {
  return run('docker', ['image', 'inspect', name]).then(
    () => true,
    () => false,
  );
}
