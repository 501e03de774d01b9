import { stat, statfs } from 'node:fs/promises';
import { folderBytes } from '../folder-bytes.ts';
import type { RetentionDeps } from './deps.ts';
import { merged } from './periods.ts';
import type { Usage } from './usage.ts';

/** A folder is walked again after this long although nothing says that it has changed, in milliseconds. */
const WALK_MS = 3_600_000;

interface Walked {
  readonly bytes: number;
  readonly at: number;
  /** What the folder's content depends on. */
  readonly state: number;
}

/** Measures what Sluice takes; walks only what has changed. */
export class Gauge {
  readonly #deps: RetentionDeps;
  readonly #walked = new Map<string, Walked>();
  #cache = 0;

  constructor(deps: RetentionDeps) {
    this.#deps = deps;
  }

  /** @throws when the engine is not reached */
  async measure(now: number): Promise<Usage> {
    const { store, settings, workloads, buildLogs } = this.#deps;
    const { paths } = settings;
    const [engine, logs, repositories, journal, free] = await Promise.all([
      workloads.usage(merged(store.builds.periods(now))),
      buildLogs.list(),
      this.#repositories(now),
      filesBytes(['', '-wal', '-shm'].map((suffix) => `${paths.journal}${suffix}`)),
      freeBytes(paths.root),
    ]);
    this.#cache = engine.buildCache ?? this.#cache;
    return {
      measuredAt: now,
      budget: settings.diskBudgetBytes,
      kinds: {
        images: engine.images,
        'build cache': this.#cache,
        'git repositories': repositories,
        'build logs': logs.reduce((sum, log) => sum + log.bytes, 0),
        'app logs': engine.appLogs,
        journal,
      },
      otherCache: engine.otherCache,
      free: Math.min(free, engine.free ?? Number.POSITIVE_INFINITY),
    };
  }

  /** An app's repository has lost something. */
  changed(appId: string): void {
    this.#walked.delete(appId);
  }

  async #repositories(now: number): Promise<number> {
    const { store, settings, repositories } = this.#deps;
    const apps = store.apps.all();
    const known = new Set([...apps.map((app) => app.id), settings.paths.submodules]);
    for (const name of this.#walked.keys()) if (!known.has(name)) this.#walked.delete(name);
    let bytes = await this.#walk(settings.paths.submodules, now, 0, () =>
      folderBytes(settings.paths.submodules),
    );
    for (const { id } of apps) {
      bytes += await this.#walk(id, now, store.builds.newestNumber(id), () => repositories.bytes(id));
    }
    return bytes;
  }

  async #walk(name: string, now: number, state: number, measure: () => Promise<number>): Promise<number> {
    const known = this.#walked.get(name);
    if (known && known.state === state && Math.abs(now - known.at) < WALK_MS) return known.bytes;
    const bytes = await measure();
    this.#walked.set(name, { bytes, at: now, state });
    return bytes;
  }
}

/** Bytes that may still be written where a folder is. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function filesBytes(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
