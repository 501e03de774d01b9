import { closeSync, openSync, readSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { DataPaths } from '../../../../core/paths.ts';
import type { AppFacts, BuildFact, ReleaseFact, StoryLine } from '../facts.ts';

type Row = Record<string, unknown>;

export type JournalApp = Pick<
  AppFacts,
  'id' | 'name' | 'liveReleaseId' | 'builds' | 'releases' | 'openAttempts' | 'retiring'
> & { readonly deployBranch: string };

export interface Journal {
  readonly installation: string;
  readonly generation: number;
  readonly apps: readonly JournalApp[];
  readonly destroyed: readonly string[];
}

/** The journal's file, in one picture. */
export function readJournal(paths: DataPaths): Journal {
  const journal = new DatabaseSync(paths.journal, { readOnly: true, timeout: 5_000 });
  try {
    journal.exec('BEGIN');
    const all = (sql: string, ...values: string[]): Row[] => journal.prepare(sql).all(...values);
    const meta = new Map(
      all('SELECT key, value FROM meta').map((row) => [String(row['key']), String(row['value'])]),
    );
    const rows = all('SELECT * FROM apps');
    return {
      installation: meta.get('installation_id') ?? '',
      generation: Number(meta.get('generation')),
      destroyed: rows.filter((row) => row['destroyed_at'] !== null).map((row) => String(row['id'])),
      apps: rows
        .filter((row) => row['destroyed_at'] === null)
        .map((row) => {
          const id = String(row['id']);
          return {
            id,
            name: String(row['name']),
            deployBranch: String(row['deploy_branch']),
            liveReleaseId: row['live_release_id'] as string | null,
            builds: all('SELECT * FROM builds WHERE app_id = ? ORDER BY number', id).map((build) =>
              buildFact(paths, build),
            ),
            releases: all(
              `SELECT r.*, o.id AS rollout, o.state, o.weight, o.plan, o.reason FROM releases r
               JOIN rollouts o ON o.release_id = r.id WHERE r.app_id = ? ORDER BY r.number`,
              id,
            ).map((release) =>
              releaseFact(
                release,
                all(
                  'SELECT kind, text, evidence FROM rollout_events WHERE rollout_id = ? ORDER BY number',
                  String(release['rollout']),
                ),
              ),
            ),
            openAttempts: all(
              'SELECT 1 FROM attempts JOIN builds ON builds.id = build_id WHERE app_id = ? AND ended_at IS NULL',
              id,
            ).length,
            retiring: all('SELECT 1 FROM retiring WHERE app_id = ?', id).length,
          };
        }),
    };
  } finally {
    journal.close();
  }
}

function buildFact(paths: DataPaths, row: Row): BuildFact {
  const id = String(row['id']);
  return {
    id,
    number: Number(row['number']),
    commit: String(row['commit_id']),
    state: String(row['state']),
    attempt: Number(row['attempt']),
    log: beginning(`${paths.buildLogs}/${id}.log`),
  };
}

/** A log can be long; empty when it is not there. */
function beginning(file: string): string {
  try {
    const handle = openSync(file, 'r');
    const bytes = Buffer.alloc(200);
    const read = readSync(handle, bytes);
    closeSync(handle);
    return bytes.toString('utf8', 0, read);
  } catch {
    return '';
  }
}

function releaseFact(row: Row, story: Row[]): ReleaseFact {
  const manifest = JSON.parse(String(row['manifest'])) as {
    processes: Record<string, unknown>;
    scale: Record<string, number>;
  };
  const plan = JSON.parse(String(row['plan'])) as { canary: ReleaseFact['canary'] | false };
  const reason = row['reason'] as string | null;
  return {
    id: String(row['id']),
    number: Number(row['number']),
    buildId: row['build_id'] as string | null,
    commit: row['commit_id'] as string | null,
    rollout: String(row['state']),
    weight: Number(row['weight']),
    replicas: Object.keys(manifest.processes).reduce(
      (sum, type) => sum + (manifest.scale[type] ?? (type === 'web' ? 1 : 0)),
      0,
    ),
    ...(reason === null ? {} : { reason: (JSON.parse(reason) as { code: string }).code }),
    ...(plan.canary ? { canary: plan.canary } : {}),
    story: story.map(storyLine),
  };
}

function storyLine(row: Row): StoryLine {
  const evidence = row['evidence'] as string | null;
  return {
    kind: String(row['kind']),
    text: String(row['text']),
    ...(evidence === null ? {} : { evidence: JSON.parse(evidence) as NonNullable<StoryLine['evidence']> }),
  };
}
