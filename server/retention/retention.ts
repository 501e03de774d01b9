import { setTimeout as after } from 'node:timers/promises';
import type { RetentionDeps } from './deps.ts';
import { Gauge } from './gauge.ts';
import {
  letAuditGo,
  letCacheGo,
  letImagesGo,
  letLogsGo,
  letObjectsGo,
  letRefsGo,
  letRowsGo,
} from './let-go.ts';
import { isFull, isAmple, pressure, type Usage, usageShown } from './usage.ts';

/** Whether something has happened that takes or frees space is looked at this often, in milliseconds. */
const EVERY_MS = 300_000;
/** After a change, so that what it led to is in it. */
const SOON_MS = 1_000;
/** What is let go by its age, and a measurement although nothing is known to have happened. */
const AGE_MS = 3_600_000;
/** How long somebody who needs room waits for it. */
const PATIENCE_MS = 25_000;
/** Git looks through a repository that has lost no ref this often at most. */
const SHRINK_MS = 6 * 3_600_000;

/**
 * Keeps what Sluice takes of the disk within its budget (DESIGN 13): in the background, one round at a time. Lets go what
 * is old, and where it presses what is needed least; never what is live, on its way, or a rollback target.
 */
export class Retention {
  readonly #deps: RetentionDeps;
  readonly #gauge: Gauge;
  readonly #now: () => number;
  readonly #shrunk = new Map<string, number>();
  #usage: Usage | undefined;
  /** What had come and gone when that was measured, and when the newest round began. */
  #measured = '';
  #begun = '';
  #aged = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #soon: NodeJS.Timeout | undefined;
  #every: NodeJS.Timeout | undefined;
  #off = (): unknown => undefined;
  #stopped = false;

  constructor(deps: RetentionDeps) {
    this.#deps = deps;
    this.#gauge = new Gauge(deps);
    this.#now = deps.now ?? Date.now;
  }

  start(): void {
    if (this.#stopped) return;
    this.#off = this.#deps.changes.onAny(() => this.#changed());
    this.#every = setInterval(() => this.#look(), EVERY_MS);
    void this.round();
  }

  /** Lets the step under way end. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#off();
    clearInterval(this.#every);
    clearTimeout(this.#soon);
    await this.#next;
    await this.#running;
  }

  /** As it was measured last; undefined until it was. */
  get usage(): Usage | undefined {
    return this.#usage;
  }

  /** Something has come or gone since it was measured, and might have taken what was left: ask for it `fresh`. */
  get isDoubtful(): boolean {
    return this.#usage !== undefined && !isAmple(this.#usage) && this.#state() !== this.#measured;
  }

  /** As it is after a round that has begun now; as it was last where that takes long or the engine is away. */
  async fresh(): Promise<Usage | undefined> {
    const tired = new AbortController();
    const patience = after(PATIENCE_MS, undefined, { signal: tired.signal }).catch(() => undefined);
    await Promise.race([this.round(), patience]);
    tired.abort();
    return this.#usage;
  }

  /** Measures and lets go. Never rejects; settles once a round that began after the call has ended. */
  async round(): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.#run().finally(() => (this.#running = undefined));
      return this.#running;
    }
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.round();
    });
    return this.#next;
  }

  #changed(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#look();
    }, SOON_MS);
  }

  /** A round when builds, rollouts or apps have come or gone since the last one, or that is long ago. */
  #look(): void {
    const measured = this.#usage?.measuredAt ?? Number.NEGATIVE_INFINITY;
    if (this.#state() !== this.#begun || Math.abs(this.#now() - measured) > AGE_MS) void this.round();
  }

  #state(): string {
    return JSON.stringify(this.#deps.store.lastEnds());
  }

  async #run(): Promise<void> {
    if (this.#stopped) return;
    try {
      const state = this.#state();
      this.#begun = state;
      const now = this.#now();
      if (Math.abs(now - this.#aged) > AGE_MS) {
        await this.#letAge(now);
        this.#aged = now;
      }
      if (this.#stopped) return;
      this.#usage = await this.#relieve(await this.#gauge.measure(now));
      this.#measured = state;
    } catch (error) {
      // The next round tries again: this one has changed nothing that it need know of.
      this.#deps.log.warn({ err: error }, 'what Sluice takes of the disk could not be measured');
    }
  }

  async #letAge(now: number): Promise<void> {
    await this.#tried('old rows', async () => letRowsGo(this.#deps, now));
    await this.#tried('the audit log', () => letAuditGo(this.#deps, now));
    await this.#tried('old build logs', () => letLogsGo(this.#deps, 0, now));
    await this.#letRefsGo(false, now);
  }

  /** What cannot be let go now must not keep the rest. @returns how much went */
  async #tried(name: string, letGo: () => Promise<number>): Promise<number> {
    try {
      return await letGo();
    } catch (error) {
      this.#deps.log.warn({ err: error, step: name }, 'could not let it go; trying again');
      return 0;
    }
  }

  /** Step by step, until nothing presses any more. */
  async #relieve(before: Usage): Promise<Usage> {
    const { log } = this.#deps;
    let usage = before;
    let inVain = false;
    for (const { name, presses, letGo } of this.#steps) {
      if (this.#stopped || !presses(usage)) continue;
      const went = await this.#tried(name, () => letGo(usage));
      inVain = went === 0;
      if (inVain) continue;
      usage = await this.#gauge.measure(this.#now());
      log.info({ step: name, went, now: usageShown(usage) }, 'let go, as the disk budget presses');
    }
    // Somebody else may have freed it in the same moment: a person, or another installation on the engine.
    if (inVain && isFull(usage)) usage = await this.#gauge.measure(this.#now());
    if (isFull(usage)) log.warn({ usage: usageShown(usage) }, 'the disk budget is used up: no new builds');
    return usage;
  }

  /** Images first: their bytes get free only when the cache lets their layers go, too. */
  readonly #steps: readonly {
    name: string;
    presses: (usage: Usage) => boolean;
    letGo: (usage: Usage) => Promise<number>;
  }[] = [
    {
      name: 'images',
      presses: (usage) => pressure(usage).cache > 0,
      letGo: () => letImagesGo(this.#deps),
    },
    {
      name: 'build cache',
      presses: (usage) => pressure(usage).cache > 0 && usage.kinds['build cache'] > 0,
      letGo: (usage) => letCacheGo(this.#deps, pressure(usage).cache, usage.measuredAt),
    },
    {
      name: 'build logs',
      presses: (usage) => pressure(usage).kept > 0,
      letGo: (usage) => letLogsGo(this.#deps, pressure(usage).kept, usage.measuredAt),
    },
    {
      name: 'repositories',
      presses: (usage) => pressure(usage).kept > 0,
      letGo: (usage) => this.#letRefsGo(true, usage.measuredAt),
    },
  ];

  /** @returns how many repositories were reduced */
  async #letRefsGo(pressed: boolean, now: number): Promise<number> {
    let reduced = 0;
    for (const app of this.#deps.store.apps.all()) {
      if (this.#stopped) break;
      // One app's broken repository, or one just destroyed, must not keep the others.
      reduced += await this.#tried(`repository of ${app.id}`, async () => {
        const refs = await letRefsGo(this.#deps, app, pressed, now);
        const long = Math.abs(now - (this.#shrunk.get(app.id) ?? Number.NEGATIVE_INFINITY)) > SHRINK_MS;
        if (refs === 0 && !(pressed && long)) return 0;
        await letObjectsGo(this.#deps, app, now);
        this.#shrunk.set(app.id, now);
        this.#gauge.changed(app.id);
        return 1;
      });
    }
    return reduced;
  }
}
