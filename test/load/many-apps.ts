import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '../../core/manifest/manifest.ts';
import { masterKey } from '../../server/platform/master-key.ts';
import { Store } from '../../server/store/store.ts';
import { Vault } from '../../server/store/vault.ts';
import { must } from '../support/command.ts';
import type { Platform } from '../support/platform.ts';

export interface LiveApp {
  readonly id: string;
  readonly name: string;
}

/** An app that answers its own name. */
function manifestOf(name: string): Manifest {
  const command = `mkdir -p /tmp/www && echo ${name} > /tmp/www/index.html && exec httpd -f -p 8080 -h /tmp/www`;
  return {
    build: { dockerfile: 'Dockerfile', context: '.', args: {} },
    buildTimeoutSeconds: 600,
    processes: { web: { command } },
    web: { health: { path: '/', timeoutSeconds: 60 }, graceSeconds: 1 },
    scale: {},
    canary: false,
    env: {},
  };
}

/**
 * Apps that are live by the journal, each with its repository; the controller makes the rest. Two hundred pushes would
 * take many minutes and show nothing more. Half of the repositories have their refs packed, as those that were tidied up.
 */
export async function makeApps(platform: Platform, names: readonly string[]): Promise<LiveApp[]> {
  const image = (await must('docker', ['inspect', '--format', '{{.Id}}', 'busybox:1'])).trim();
  const { commit, repositories } = await makeRepositories(platform);
  await platform.kill('server', 'SIGTERM');
  const store = new Store(
    platform.paths.journal,
    new Vault(await masterKey(undefined, platform.paths.masterKey)),
  );
  let apps: LiveApp[];
  try {
    apps = store.transaction(() => names.map((name) => journalLive(store, name, image, commit)));
  } finally {
    store.close();
  }
  await mkdir(platform.paths.repositories, { recursive: true });
  for (const [index, { id }] of apps.entries()) {
    const from = repositories[index % repositories.length] ?? '';
    await cp(from, `${platform.paths.repositories}/${id}.git`, { recursive: true });
  }
  await platform.startPart('server');
  return apps;
}

function journalLive(store: Store, name: string, image: string, commit: string): LiveApp {
  const person = store.people.byName('alice')?.id ?? '';
  const { id } = store.apps.create(name, person, store.targetId);
  const release = store.releases.create({
    app_id: id,
    number: store.apps.takeReleaseNumber(id),
    build_id: null,
    commit_id: commit,
    image,
    port: 8080,
    manifest: manifestOf(name),
    config_version: 0,
    source: 'image',
    description: 'Made by a test',
    rollback_of: null,
    person_id: person,
  });
  const plan = { canary: false, releasePhase: false } as const;
  const rollout = store.rollouts.create({
    appId: id,
    releaseId: release.id,
    targetId: store.targetId,
    buildId: null,
    previousReleaseId: null,
    plan,
  });
  store.rollouts.move(rollout.id, 'promote');
  store.rollouts.move(rollout.id, 'finish');
  store.apps.setLive(id, release.id);
  return { id, name };
}

/** Two of one commit: one with a loose branch, one with a packed one. */
async function makeRepositories(platform: Platform): Promise<{ commit: string; repositories: string[] }> {
  const env = platform.personEnv();
  const from = await platform.repository('seed', { file: 'text\n' });
  const commit = (await must('git', ['rev-parse', 'HEAD'], { cwd: from, env })).trim();
  const repositories = ['loose', 'packed'].map((name) => join(platform.folder, `${name}.git`));
  for (const [index, path] of repositories.entries()) {
    await must('git', ['init', '-q', '--bare', '--template=', '-b', 'main', path], { env });
    await must('git', ['push', '-q', path, 'main'], { cwd: from, env });
    if (index === 1) await must('git', ['--git-dir', path, 'pack-refs', '--all'], { env });
  }
  return { commit, repositories };
}
