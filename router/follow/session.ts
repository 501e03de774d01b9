import { setTimeout as delay } from 'node:timers/promises';
import type { AppliedReport, CountsReport, Failure } from '../../core/contracts/follow.ts';
import { reason, Refusal } from '../../core/reason.ts';
import type { TrafficCounts } from '../../engines/port.ts';
import type { ServerLink } from './server-link.ts';

export interface SessionParts {
  readonly link: ServerLink;
  /** Of the stream. */
  readonly id: string;
  readonly counts: () => Promise<TrafficCounts>;
  /** Of the file that the totals are in. */
  readonly origin: string;
  /** Aborted when the stream has ended. */
  readonly signal: AbortSignal;
}

/** Milliseconds between two reports of what was counted, when nobody asks. */
const EVERY = 1_000;
/** Milliseconds that the last numbers have to reach the server. */
const FAREWELL = 3_000;

/**
 * What this router says to the server for as long as one stream lasts. Reports of a kind follow one another, so that an
 * older one never overtakes a newer one.
 */
export class Session {
  readonly #parts: SessionParts;
  readonly #applied: AppliedReport['applied'] = [];
  #telling = false;
  readonly #questions: number[] = [];
  #asked = Promise.withResolvers<void>();
  /** releaseId → what was told of it. */
  readonly #told = new Map<string, string>();
  #counting: Promise<void> = Promise.resolve();

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** Tells what was counted each second, and when asked. @throws ServerAway; returns when the stream has ended */
  async tellCounts(): Promise<void> {
    const { signal } = this.#parts;
    while (!signal.aborted) {
      await Promise.race([this.#asked.promise, delay(EVERY, undefined, { signal }).catch(() => undefined)]);
      if (!signal.aborted) await this.#count(false);
    }
  }

  /** The server wants to know now. */
  ask(id: number): void {
    this.#questions.push(id);
    this.#asked.resolve();
  }

  /** Tells that the router ends, with its last numbers. @throws ServerAway */
  async finish(): Promise<void> {
    await this.#count(true);
  }

  /** Tells what has become of a change. @throws ServerAway */
  async tellApplied(revision: number, error?: unknown): Promise<void> {
    this.#applied.push({ revision, ...(error === undefined ? {} : { failure: failureOf(error) }) });
    // Those that come meanwhile go with the next report.
    if (this.#telling) return;
    this.#telling = true;
    try {
      while (this.#applied.length > 0) await this.#report('applied', { applied: this.#applied.splice(0) });
    } finally {
      this.#telling = false;
    }
  }

  /** @throws ServerAway */
  async tellProbe(id: number, outcome: { answer: object } | { failure: Failure }): Promise<void> {
    await this.#report('probes', { id, outcome });
  }

  async #count(last: boolean): Promise<void> {
    const counting = this.#counting.then(async () => this.#countNow(last));
    this.#counting = counting.catch(() => undefined);
    return counting;
  }

  async #countNow(last: boolean): Promise<void> {
    const answers = this.#questions.splice(0);
    this.#asked = Promise.withResolvers();
    const { fresh, releases } = await this.#parts.counts();
    const changed = releases.flatMap((release) => {
      const text = JSON.stringify(release);
      return this.#told.get(release.releaseId) === text ? [] : [{ release, text }];
    });
    const report: Omit<CountsReport, 'session'> = {
      answers,
      fresh,
      origin: this.#parts.origin,
      last,
      releases: changed.map(({ release }) => ({ ...release, latency: [...release.latency] })),
    };
    // The server ends the stream with its answer to the last of them.
    await this.#report('counts', report, last ? AbortSignal.timeout(FAREWELL) : this.#parts.signal);
    for (const { release, text } of changed) this.#told.set(release.releaseId, text);
  }

  async #report(
    what: 'applied' | 'counts' | 'probes',
    body: object,
    signal = this.#parts.signal,
  ): Promise<void> {
    const { link, id } = this.#parts;
    await link.report(what, { session: id, ...body }, signal);
  }
}

export function failureOf(error: unknown): Failure {
  if (error instanceof Refusal) return { status: error.status, reason: error.reason };
  const message = `the router could not do it: ${error instanceof Error ? error.message : String(error)}`;
  return { status: 500, reason: reason('router_failed', message, 'look into its log') };
}
