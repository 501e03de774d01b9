import { globSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import type { DataPaths } from '../../core/paths.ts';
import type { CanarySeen } from '../support/invariants/facts.ts';

type Row = { [column: string]: unknown };

/** What can be seen of one app at one moment from outside. */
export interface Sight {
  readonly appId: string;
  readonly destroyed: boolean;
  readonly live: number | null;
  readonly builds: readonly { readonly number: number; readonly commit: string; readonly state: string }[];
  readonly rollouts: readonly RolloutSight[];
  readonly retiring: number;
  /** A push is being received: git keeps what has come so far in a folder of its own. */
  readonly receiving: boolean;
}

export interface RolloutSight {
  readonly release: number;
  readonly commit: string | null;
  readonly state: string;
  readonly step: number;
  readonly weight: number;
  readonly source: string;
  readonly phase: 'none' | 'running' | 'ended';
}

/** Longer between two looks, in milliseconds, and what came in between may have been missed. */
const GAP_MS = 300;

interface StepSeen {
  readonly seen: Omit<CanarySeen, 'seconds' | 'whole'>;
  readonly from: number;
  to: number;
  /** Whether it was looked at often enough all the time. */
  whole: boolean;
}

/** Looks into the journal's file as often as it is asked; a connection each, so that no crash finds a reader there. */
export class JournalWatch {
  readonly #paths: DataPaths;
  readonly #served = new Set<string>();
  readonly #steps = new Map<string, StepSeen>();
  /** Folders that pushes which were killed have left. */
  #abandoned: ReadonlySet<string> = new Set();
  /** `performance.now()` of the last look that could be taken. */
  #lookedAt = Number.NEGATIVE_INFINITY;
  #stopped = false;
  #watching: Promise<void> = Promise.resolve();

  constructor(paths: DataPaths) {
    this.#paths = paths;
  }

  /** Keeps what was `seen` from now on. */
  start(everyMs: number): void {
    this.#watching = (async () => {
      while (!this.#stopped) {
        this.look();
        await pause(everyMs);
      }
    })();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#watching;
  }

  forget(): void {
    this.#served.clear();
    this.#steps.clear();
    this.#abandoned = new Set(incoming(this.#paths, '*'));
  }

  /** Since `forget`: releases that could have answered, and steps of canaries. */
  get seen(): { served: ReadonlySet<string>; canaries: CanarySeen[] } {
    return {
      served: this.#served,
      canaries: [...this.#steps.values()].map(({ seen, from, to, whole }) => ({
        ...seen,
        seconds: (to - from) / 1_000,
        whole,
      })),
    };
  }

  /** Every app, the destroyed ones too. Empty while the file cannot be read. */
  look(): Sight[] {
    let journal: DatabaseSync | undefined;
    try {
      journal = new DatabaseSync(this.#paths.journal, { readOnly: true, timeout: 50 });
      const receiving = (appId: string): boolean =>
        incoming(this.#paths, appId).some((folder) => !this.#abandoned.has(folder));
      const sights = read(journal, receiving);
      this.#note(sights);
      return sights;
    } catch {
      // A server that starts holds it for a moment.
      return [];
    } finally {
      journal?.close();
    }
  }

  #note(sights: readonly Sight[]): void {
    const now = performance.now();
    const gap = now - this.#lookedAt > GAP_MS;
    this.#lookedAt = now;
    if (gap) for (const step of this.#steps.values()) step.whole = false;
    for (const { appId, live, rollouts } of sights) {
      if (live !== null) this.#served.add(`${appId} v${live}`);
      for (const { release, state, step, weight } of rollouts) {
        const canary = state === 'canary' && weight > 0;
        if (canary || state === 'promoting') this.#served.add(`${appId} v${release}`);
        if (canary) this.#noteStep({ appId, release, step, weight }, now, !gap);
      }
    }
  }

  #noteStep(seen: StepSeen['seen'], now: number, whole: boolean): void {
    const name = `${seen.appId} ${seen.release} ${seen.step} ${seen.weight}`;
    const known = this.#steps.get(name);
    if (known) known.to = now;
    else this.#steps.set(name, { seen, from: now, to: now, whole });
  }
}

/** Folders with what git has received so far. */
function incoming(paths: DataPaths, appId: string): string[] {
  return globSync(`${paths.repositories}/${appId}.git/objects/{tmp_objdir-,}incoming-*`);
}

function read(journal: DatabaseSync, isReceiving: (appId: string) => boolean): Sight[] {
  const all = (sql: string): Row[] => journal.prepare(sql).all();
  // One picture: no other transaction comes in between.
  journal.exec('BEGIN');
  const apps = all(
    'SELECT a.id, a.destroyed_at, r.number FROM apps a LEFT JOIN releases r ON r.id = a.live_release_id',
  );
  const builds = byApp(all("SELECT * FROM builds WHERE state IN ('queued', 'testing', 'building')"));
  const rollouts = byApp(
    all(`SELECT o.*, r.number, r.source, r.commit_id FROM rollouts o JOIN releases r ON r.id = o.release_id
      WHERE o.state IN ('starting', 'canary', 'promoting')`),
  );
  const retiring = byApp(all('SELECT app_id FROM retiring'));
  return apps.map((app) => {
    const id = String(app['id']);
    return {
      appId: id,
      destroyed: app['destroyed_at'] !== null,
      live: app['number'] as number | null,
      builds: (builds.get(id) ?? []).map((row) => ({
        number: Number(row['number']),
        commit: String(row['commit_id']),
        state: String(row['state']),
      })),
      rollouts: (rollouts.get(id) ?? []).map(rolloutSight),
      retiring: (retiring.get(id) ?? []).length,
      receiving: isReceiving(id),
    };
  });
}

function rolloutSight(row: Row): RolloutSight {
  return {
    release: Number(row['number']),
    commit: row['commit_id'] as string | null,
    state: String(row['state']),
    step: Number(row['step']),
    weight: Number(row['weight']),
    source: String(row['source']),
    phase: row['phase_ended'] === 1 ? 'ended' : row['phase_started'] === 1 ? 'running' : 'none',
  };
}

function byApp(rows: Row[]): Map<string, Row[]> {
  return Map.groupBy(rows, (row) => String(row['app_id']));
}
