import pLimit from 'p-limit';
import type { KeptLogs } from '../../logs/kept-logs.ts';
import { AppTurns } from '../../replicas/app-turns.ts';
import type { StampedLine } from '../../logs/log-lines.ts';
import type { Cluster } from '../api/cluster.ts';
import type { Fleet, Tracked } from './fleet.ts';
import { LastLines } from './last-lines.ts';
import { hasNoLog, podLog } from './pod-logs.ts';

/** Enough for 1 MiB of short lines; a log of many files is not read through to keep its end. */
const KEPT_LINES = 20_000;
/** Bytes of memory for the lines of one pod, which end in a file of at most 1 MiB. */
const MOST_OF_ONE = 2 * 1024 * 1024;
/** About, for the lines of all pods: a drain takes dozens away at once, and each is read until it has ended. */
const MOST_OF_ALL = 48 * 1024 * 1024;
/** Files that are written at once, each of them whole in memory. */
const WRITES = 4;

/**
 * Keeps what the cluster forgets: the lines of a pod go with it, whoever removed it, and those of a life of its container when
 * the one after the next begins.
 */
export class LogKeeper {
  private readonly cluster: Cluster;
  private readonly kept: KeptLogs;
  private readonly failed: (error: unknown) => void;
  private readonly turns = new AppTurns();
  private readonly writes = pLimit(WRITES);
  private readonly underway = new Map<string, Set<Promise<void>>>();
  /** Time of the last line kept of each pod that is there. */
  private readonly keptUpTo = new Map<string, string>();
  /** Pods whose last life is kept. */
  private readonly whole = new Set<string>();
  private readonly life = new AbortController();
  /** Pods whose lines are in memory. */
  private holding = 0;

  constructor(cluster: Cluster, fleet: Fleet, kept: KeptLogs, failed: (error: unknown) => void) {
    this.cluster = cluster;
    this.kept = kept;
    this.failed = failed;
    fleet.onEvent({
      restarted: (one) => this.begin(one, { previous: true }),
      // Followed from now on, as what it writes while it ends is gone the moment after.
      leaving: (one) => this.begin(one, { follow: true }),
      gone: ({ uid }) => {
        this.keptUpTo.delete(uid);
        this.whole.delete(uid);
      },
    });
  }

  /** Resolves when what is being kept of an app is written. */
  async settled(appId: string): Promise<void> {
    await Promise.all([...(this.underway.get(appId) ?? [])].map((kept) => kept.catch(() => undefined)));
  }

  hasKept({ uid }: Tracked): boolean {
    return this.whole.has(uid);
  }

  async close(): Promise<void> {
    this.life.abort();
    await Promise.all([...this.underway.keys()].map((appId) => this.settled(appId)));
  }

  private begin(one: Tracked, how: { previous?: true; follow?: true }): void {
    if (this.life.signal.aborted) return;
    const keeping = this.keep(one, how)
      .catch((error: unknown) => {
        if (!hasNoLog(error)) throw error;
      })
      .then(() => this.tidy(one))
      .catch((error: unknown) => {
        if (!this.life.signal.aborted) this.failed(error);
      });
    const all = this.underway.get(one.appId) ?? new Set();
    this.underway.set(one.appId, all.add(keeping));
    void keeping.finally(() => {
      all.delete(keeping);
      if (all.size === 0) this.underway.delete(one.appId);
    });
  }

  private async keep(one: Tracked, how: { previous?: true; follow?: true }): Promise<void> {
    this.holding += 1;
    try {
      // Read at once and not in turn: it is gone soon.
      await this.write(one, await this.read(one, how));
    } finally {
      this.holding -= 1;
    }
    if (how.follow === true) this.whole.add(one.uid);
  }

  private async write(one: Tracked, lines: readonly StampedLine[]): Promise<void> {
    const place = {
      appId: one.appId,
      releaseNumber: one.releaseNumber,
      process: one.process,
      index: one.index,
    };
    const file = `${place.appId}/${String(place.releaseNumber)}-${place.process}-${String(place.index)}`;
    await this.turns.run(file, async () => {
      await this.writes(() => this.kept.keep(place, each(lines), this.keptUpTo.get(one.uid) ?? ''));
      const last = lines.at(-1);
      if (last !== undefined) this.keptUpTo.set(one.uid, last.stamp);
    });
  }

  /** The cluster lets what was evicted lie until there are thousands. */
  private async tidy({ namespace, name, uid, watch }: Tracked): Promise<void> {
    const { leaving, phase } = watch.facts;
    if (leaving || phase !== 'over') return;
    await this.cluster.remove({ apiVersion: 'v1', kind: 'Pod', namespace, name }, { uid });
  }

  private async read(one: Tracked, how: { previous?: true; follow?: true }): Promise<readonly StampedLine[]> {
    const lines = new LastLines();
    const range = { ...how, tail: KEPT_LINES, signal: this.life.signal };
    for await (const line of podLog(this.cluster, one, range)) {
      lines.add(line, Math.min(MOST_OF_ONE, MOST_OF_ALL / this.holding));
    }
    return lines.all();
  }
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
