import { z } from 'zod';
import { LATENCY_BOUNDS_MS, NO_LATENCY } from '../../../core/canary/latency.ts';
import type { RouterCounts } from '../../../core/contracts/router.ts';
import type { ReleaseCounts } from '../../port.ts';

const Totals = z.object({
  requests: z.number(),
  errors5xx: z.number(),
  aborts: z.number(),
  unreached: z.number(),
  latency: z.array(z.number()).length(LATENCY_BOUNDS_MS.length + 1),
});
type Totals = z.infer<typeof Totals>;

const ByRelease = z.record(z.string(), Totals);

export const StoredTotals = z.object({
  /** Routers that were there: those that do not come back at once may still serve, unseen. */
  routers: z.array(z.string()),
  origins: z.record(z.string(), ByRelease),
  past: ByRelease,
});
export type StoredTotals = z.infer<typeof StoredTotals>;

interface Origin {
  readonly totals: Map<string, Totals>;
  readonly active: Map<string, number>;
  /** Milliseconds of a monotonic clock. */
  heardAt: number;
}

const NOTHING: Totals = { requests: 0, errors5xx: 0, aborts: 0, unreached: 0, latency: [...NO_LATENCY] };
/** Milliseconds that the totals of a release without a route are still told. */
const REMEMBERED = 3_600_000;
/** Milliseconds after which a router that is not heard will never be: its pod was killed. */
const GONE = 86_400_000;

/**
 * Totals a release over all routers that there ever were. A router's totals grow only, for as long as it has its file
 * (its origin); what a router has counted that is gone stays in the sum.
 */
export class TotalCounts {
  private readonly origins = new Map<string, Origin>();
  private readonly past = new Map<string, Totals>();
  /** When each release was first seen without a route. */
  private readonly unrouted = new Map<string, number>();

  /** @param now milliseconds of a monotonic clock, as everywhere here */
  constructor(now: number, stored?: StoredTotals) {
    for (const [origin, totals] of Object.entries(stored?.origins ?? {})) {
      this.origins.set(origin, { totals: new Map(Object.entries(totals)), active: new Map(), heardAt: now });
    }
    for (const [releaseId, totals] of Object.entries(stored?.past ?? {})) this.past.set(releaseId, totals);
  }

  /** Takes in what a router has counted; of releases that are not among them nothing has changed. */
  take(origin: string, releases: RouterCounts['releases'], now: number): void {
    const known = this.origins.get(origin) ?? { totals: new Map(), active: new Map(), heardAt: now };
    known.heardAt = now;
    this.origins.set(origin, known);
    for (const { releaseId, active, ...totals } of releases) {
      const before = known.totals.get(releaseId);
      // The router had forgotten the release, and counts it from 0 again.
      if (before !== undefined && wentBack(before, totals)) this.add(releaseId, before);
      known.totals.set(releaseId, totals);
      known.active.set(releaseId, active);
    }
  }

  /** The router is not heard: what is open on it is not known any more. */
  silent(origin: string): void {
    this.origins.get(origin)?.active.clear();
  }

  /** Nothing will ever come of it again, as the router has given up its file. */
  close(origin: string): void {
    for (const [releaseId, totals] of this.origins.get(origin)?.totals ?? []) this.add(releaseId, totals);
    this.origins.delete(origin);
  }

  /**
   * @param routed releases that have a route now; those without are told for another hour
   */
  counts(routed: ReadonlySet<string>, now: number): ReleaseCounts[] {
    for (const [origin, { heardAt }] of this.origins) if (now - heardAt > GONE) this.close(origin);
    this.forget(routed, now);
    const sums = new Map<string, Totals & { active: number }>();
    for (const releaseId of routed) sums.set(releaseId, { ...NOTHING, active: 0 });
    const add = (releaseId: string, totals: Totals, active: number): void => {
      const sum = sums.get(releaseId);
      sums.set(releaseId, {
        ...(sum === undefined ? totals : plus(sum, totals)),
        active: (sum?.active ?? 0) + active,
      });
    };
    for (const [releaseId, totals] of this.past) add(releaseId, totals, 0);
    for (const { totals, active } of this.origins.values()) {
      for (const [releaseId, counted] of totals) add(releaseId, counted, active.get(releaseId) ?? 0);
    }
    return [...sums].map(([releaseId, sum]) => ({ releaseId, ...sum }));
  }

  /** What a later server needs to go on. */
  stored(routers: readonly string[]): StoredTotals {
    const origins = [...this.origins].map(
      ([origin, { totals }]) => [origin, Object.fromEntries(totals)] as const,
    );
    return {
      routers: [...routers],
      origins: Object.fromEntries(origins),
      past: Object.fromEntries(this.past),
    };
  }

  private add(releaseId: string, totals: Totals): void {
    const before = this.past.get(releaseId);
    this.past.set(releaseId, before === undefined ? totals : plus(before, totals));
  }

  private forget(routed: ReadonlySet<string>, now: number): void {
    const known = new Set([
      ...this.past.keys(),
      ...[...this.origins.values()].flatMap(({ totals }) => [...totals.keys()]),
    ]);
    for (const releaseId of this.unrouted.keys()) {
      if (routed.has(releaseId) || !known.has(releaseId)) this.unrouted.delete(releaseId);
    }
    for (const releaseId of known) {
      if (routed.has(releaseId)) continue;
      const since = this.unrouted.get(releaseId) ?? now;
      this.unrouted.set(releaseId, since);
      if (now - since <= REMEMBERED) continue;
      this.past.delete(releaseId);
      for (const { totals, active } of this.origins.values()) {
        totals.delete(releaseId);
        active.delete(releaseId);
      }
    }
    for (const [origin, { totals }] of this.origins) if (totals.size === 0) this.origins.delete(origin);
  }
}

function wentBack(before: Totals, now: Totals): boolean {
  return now.requests < before.requests || now.errors5xx < before.errors5xx || now.aborts < before.aborts;
}

function plus(a: Totals, b: Totals): Totals {
  return {
    requests: a.requests + b.requests,
    errors5xx: a.errors5xx + b.errors5xx,
    aborts: a.aborts + b.aborts,
    unreached: a.unreached + b.unreached,
    latency: a.latency.map((count, bucket) => count + (b.latency[bucket] ?? 0)),
  };
}
