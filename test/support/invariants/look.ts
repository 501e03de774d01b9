import { readFile } from 'node:fs/promises';
import { globSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { must } from '../command.ts';
import type { Platform } from '../platform.ts';
import type { AppFacts, BuildFact, ContainerFact, Facts, PushFact, ReleaseFact } from './facts.ts';

/**
 * Reads the journal's file, the refs, the engine and the router by their own tools, not through the server. The
 * pages of apps under test must hold `v=v<release>`.
 */
export async function look(platform: Platform, pushes: readonly PushFact[]): Promise<Facts> {
  const journal = new DatabaseSync(platform.paths.journal, { readOnly: true });
  try {
    const installation = String(
      journal.prepare("SELECT value FROM meta WHERE key = 'installation_id'").get()?.['value'],
    );
    const rows = journal.prepare('SELECT * FROM apps').all();
    return {
      apps: await Promise.all(rows.map((row) => appFacts(platform, journal, row))),
      containers: await containers(installation),
      pushes,
    };
  } finally {
    journal.close();
  }
}

type Row = Record<string, unknown>;

async function appFacts(platform: Platform, journal: DatabaseSync, app: Row): Promise<AppFacts> {
  const id = String(app['id']);
  const name = String(app['name']);
  const repository = `${platform.paths.repositories}/${id}.git`;
  const refs = (
    await must('git', ['--git-dir', repository, 'for-each-ref', '--format=%(refname) %(objectname)'])
  )
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(' ') as [string, string]);
  const count = (sql: string): number => Number(journal.prepare(sql).get(id)?.['n']);
  return {
    id,
    name,
    liveReleaseId: app['live_release_id'] as string | null,
    branch: refs.find(([ref]) => ref === `refs/heads/${String(app['deploy_branch'])}`)?.[1],
    builds: await Promise.all(
      journal
        .prepare('SELECT * FROM builds WHERE app_id = ?')
        .all(id)
        .map((row) => buildFact(platform, row)),
    ),
    releases: journal
      .prepare(
        'SELECT r.*, o.state, o.finished_at, o.weight FROM releases r JOIN rollouts o ON o.release_id = r.id WHERE r.app_id = ?',
      )
      .all(id)
      .map(releaseFact),
    hiddenRefs: refs.flatMap(([ref]) =>
      ref.startsWith('refs/sluice/builds/') ? [ref.slice('refs/sluice/builds/'.length)] : [],
    ),
    locks: globSync(`${repository}/**/*.lock`),
    openAttempts: count(
      'SELECT count(*) AS n FROM attempts JOIN builds ON builds.id = build_id WHERE app_id = ? AND ended_at IS NULL',
    ),
    retiring: count('SELECT count(*) AS n FROM retiring WHERE app_id = ?'),
    answer: await answer(platform, name),
  };
}

async function buildFact(platform: Platform, row: Row): Promise<BuildFact> {
  const id = String(row['id']);
  return {
    id,
    number: Number(row['number']),
    commit: String(row['commit_id']),
    state: String(row['state']),
    log: await readFile(`${platform.paths.buildLogs}/${id}.log`, 'utf8').catch(() => ''),
  };
}

function releaseFact(row: Row): ReleaseFact {
  const manifest = JSON.parse(String(row['manifest'])) as {
    processes: Record<string, unknown>;
    scale: Record<string, number>;
  };
  return {
    id: String(row['id']),
    number: Number(row['number']),
    buildId: row['build_id'] as string | null,
    commit: row['commit_id'] as string | null,
    rollout: String(row['state']),
    endedAt: (row['finished_at'] as number | null) ?? undefined,
    weight: Number(row['weight']),
    replicas: Object.keys(manifest.processes).reduce(
      (sum, type) => sum + (manifest.scale[type] ?? (type === 'web' ? 1 : 0)),
      0,
    ),
  };
}

async function answer(platform: Platform, name: string): Promise<AppFacts['answer']> {
  const { status, body } = await platform.get(`${name}.localhost`);
  const release = /v=v(\d+)/.exec(body)?.[1];
  return { status, ...(release === undefined ? {} : { release: Number(release) }) };
}

async function containers(installation: string): Promise<ContainerFact[]> {
  const format = '{{.Label "sluice.app"}} {{.Label "sluice.release"}} {{.Label "sluice.kind"}} {{.State}}';
  const shown = await must('docker', [
    'ps',
    '-a',
    '--filter',
    `label=sluice.installation=${installation}`,
    '--format',
    format,
  ]);
  return shown
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [app = '', release = '', kind = '', state = ''] = line.split(' ');
      return { app, release, kind, running: state === 'running' };
    });
}
