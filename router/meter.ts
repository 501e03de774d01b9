import { z } from 'zod';
import { NO_LATENCY } from '../core/canary/latency.ts';
import type { ReleaseCounts } from '../engines/port.ts';
import type { BackendStat } from './haproxy/answers.ts';

const Totals = z.object({
  requests: z.number(),
  errors5xx: z.number(),
  aborts: z.number(),
});
type Totals = z.infer<typeof Totals>;

export const StoredCounts = z.object({
  /** The HAProxy process that the raw numbers are of. */
  process: z.string().optional(),
  slots: z.record(z.string(), z.object({ release: z.string(), raw: Totals })),
  releases: z.record(z.string(), Totals.extend({ gone: z.number().optional() })),
});
export type StoredCounts = z.infer<typeof StoredCounts>;

interface Gauge {
  readonly raw: Map<string, Totals>;
  /** slot → release. */
  readonly owners: Map<string, string>;
  readonly active: Map<string, number>;
}

const NOTHING: Totals = { requests: 0, errors5xx: 0, aborts: 0 };
/** Milliseconds that the totals of a release without a slot are still told. */
const REMEMBERED = 3_600_000;

/**
 * Totals a release, made of what HAProxy's slots count. HAProxy counts from 0 in each process and never resets a
 * slot, so the meter adds differences; the totals go on over restarts of both.
 *
 * What can be lost: requests that ended after the last look (a second at most) when HAProxy dies, and those of a
 * process that was draining after a reload when the router dies.
 */
export class Meter {
  readonly #totals = new Map<string, Totals & { gone?: number }>();
  readonly #gauges = new Map<string, Gauge>();
  #stored: StoredCounts | undefined;

  constructor(stored?: StoredCounts) {
    this.#stored = stored;
    for (const [release, totals] of Object.entries(stored?.releases ?? {})) {
      this.#totals.set(release, { ...totals } as Totals & { gone?: number });
    }
  }

  /**
   * A process serves now. One that an earlier router already counted goes on where that ended.
   * @param owners slot → release, as the table has them
   */
  attach(process: string, owners: ReadonlyMap<string, string>): void {
    if (this.#gauges.has(process)) return;
    const gauge: Gauge = { raw: new Map(), owners: new Map(), active: new Map() };
    if (this.#stored?.process === process) {
      for (const [slot, { release, raw }] of Object.entries(this.#stored.slots)) {
        gauge.owners.set(slot, release);
        gauge.raw.set(slot, raw);
      }
    }
    this.#stored = undefined;
    for (const [slot, release] of owners) gauge.owners.set(slot, release);
    this.#gauges.set(process, gauge);
  }

  /** The process has ended: nothing of it is open any more. */
  detach(process: string): void {
    this.#gauges.delete(process);
  }

  /** Takes in what the process counts now. */
  observe(process: string, backends: ReadonlyMap<string, BackendStat>): void {
    const gauge = this.#gauges.get(process);
    if (gauge === undefined) return;
    for (const [slot, now] of backends) {
      const before = gauge.raw.get(slot) ?? NOTHING;
      const release = gauge.owners.get(slot);
      if (release !== undefined) this.#add(release, before, now);
      gauge.raw.set(slot, { requests: now.requests, errors5xx: now.errors5xx, aborts: now.aborts });
      gauge.active.set(slot, now.active);
    }
  }

  /** From now on, what the slot counts in this process is the release's. */
  own(process: string, slot: string, release: string): void {
    this.#gauges.get(process)?.owners.set(slot, release);
  }

  /** Nothing of the slot's release is open in this process, and it takes no requests any more. */
  disown(process: string, slot: string): void {
    this.#gauges.get(process)?.owners.delete(slot);
  }

  owners(process: string): ReadonlyMap<string, string> {
    return this.#gauges.get(process)?.owners ?? new Map<string, string>();
  }

  /** Open requests of a slot, as of the last look. */
  active(process: string, slot: string): number {
    return this.#gauges.get(process)?.active.get(slot) ?? 0;
  }

  /** Everything that is open in a process. */
  activeInAll(process: string): number {
    return [...(this.#gauges.get(process)?.active.values() ?? [])].reduce((sum, active) => sum + active, 0);
  }

  /**
   * All releases that have a slot or had one within the last hour.
   * @param now milliseconds since 1970
   */
  counts(now: number): ReleaseCounts[] {
    const active = new Map<string, number>();
    for (const gauge of this.#gauges.values()) {
      for (const [slot, release] of gauge.owners) {
        active.set(release, (active.get(release) ?? 0) + (gauge.active.get(slot) ?? 0));
      }
    }
    this.#forget(new Set(active.keys()), now);
    for (const release of active.keys())
      if (!this.#totals.has(release)) this.#totals.set(release, { ...NOTHING });
    return [...this.#totals].map(([releaseId, { requests, errors5xx, aborts }]) => ({
      releaseId,
      requests,
      errors5xx,
      aborts,
      active: active.get(releaseId) ?? 0,
      latency: NO_LATENCY,
    }));
  }

  /** What a later router needs to go on. */
  stored(process: string | undefined): StoredCounts {
    const gauge = process === undefined ? undefined : this.#gauges.get(process);
    return {
      ...(process === undefined ? {} : { process }),
      slots: Object.fromEntries(
        [...(gauge?.owners ?? [])].map(([slot, release]) => [
          slot,
          { release, raw: gauge?.raw.get(slot) ?? NOTHING },
        ]),
      ),
      releases: Object.fromEntries(this.#totals),
    };
  }

  #add(release: string, before: Totals, now: BackendStat): void {
    const totals = this.#totals.get(release) ?? NOTHING;
    this.#totals.set(release, {
      requests: totals.requests + Math.max(0, now.requests - before.requests),
      errors5xx: totals.errors5xx + Math.max(0, now.errors5xx - before.errors5xx),
      aborts: totals.aborts + Math.max(0, now.aborts - before.aborts),
    });
  }

  #forget(owning: ReadonlySet<string>, now: number): void {
    for (const [release, totals] of this.#totals) {
      if (owning.has(release)) delete totals.gone;
      else if (totals.gone === undefined) totals.gone = now;
      else if (now - totals.gone > REMEMBERED) this.#totals.delete(release);
    }
  }
}
