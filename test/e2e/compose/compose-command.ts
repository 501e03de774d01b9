import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { run } from '../../support/command.ts';

/** The newer form of Compose where it is there, else the older one. */
export async function composeCommand(): Promise<readonly [program: string, ...args: string[]]> {
  if ((await run('docker', ['compose', 'version'])).code === 0) return ['docker', 'compose'];
  if ((await run('docker-compose', ['version'])).code === 0) return ['docker-compose'];
  throw new Error('neither `docker compose` nor `docker-compose` is here: apt-get install docker-compose');
}

/**
 * What makes Compose build by BuildKit, whose cache outlives the images: older Compose runs a `docker` for it, and only
 * some of these can (those before 23 by themselves, later ones by a plug-in).
 */
export async function buildSettings(path: string): Promise<NodeJS.ProcessEnv> {
  for (const folder of path.split(delimiter)) {
    const docker = join(folder, 'docker');
    const there = await access(docker).then(
      () => true,
      () => false,
    );
    if (there && (await hasBuildKit(docker))) {
      return { DOCKER_BUILDKIT: '1', PATH: `${folder}${delimiter}${path}` };
    }
  }
  return { DOCKER_BUILDKIT: '0' };
}

async function hasBuildKit(docker: string): Promise<boolean> {
  const { stdout } = await run(docker, ['--version']);
  const major = Number(/version (\d+)\./.exec(stdout)?.[1]);
  return major < 23 || (await run(docker, ['buildx', 'version'])).code === 0;
}
