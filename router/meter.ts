import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Leaving } from './leaving.ts';
import { HeldBack, NONE_BROKEN } from './held-back.ts';
import type { Broken } from './held-back.ts';
import { NO_LATENCY } from '../core/canary/latency.ts';
import type { LatencyCounts } from '../core/canary/latency.ts';
import type { ReleaseCounts } from '../engines/port.ts';
import type { SlotStat } from './haproxy/answers.ts';

const Totals = z.object({
  requests: z.number(),
  errors5xx: z.number(),
  aborts: z.number(),
  /** Absent in files of older routers. */
  unreached: z.number().default(0),
});
type Totals = z.infer<typeof Totals>;

/** What one slot of a process has counted. Files of older routers have less. */
const Raw = Totals.extend({ unanswered: z.number().default(0), broken: z.number().default(0) });
type Raw = z.infer<typeof Raw>;

/** Absent where nothing was measured, and in files of older routers; of other buckets it is of no use. */
const Latency = z.array(z.number()).length(NO_LATENCY.length).optional().catch(undefined);

export const StoredCounts = z.object({
  /** Names these totals, as against those of another file. Absent in files of older routers. */
  origin: z.string().optional(),
  /** The HAProxy process that the raw numbers are of. */
  process: z.string().optional(),
  /** `release`: absent for a slot that is free again; what it has counted is not the next one's. */
  slots: z.record(z.string(), z.object({ release: z.string().optional(), raw: Raw, latency: Latency })),
  releases: z.record(z.string(), Totals.extend({ gone: z.number().optional(), latency: Latency })),
});
export type StoredCounts = z.infer<typeof StoredCounts>;

interface Gauge {
  readonly raw: Map<string, Raw>;
  /** slot → requests that seemed unanswered at the last look. */
  readonly seeming: Map<string, number>;
  latency: ReadonlyMap<string, LatencyCounts>;
  /** slot → release. */
  readonly owners: Map<string, string>;
  readonly active: Map<string, number>;
  /** slot → its replicas that are about to go. */
  readonly leaving: Map<string, Leaving>;
  /** slot → what was broken off a moment ago. */
  readonly held: Map<string, HeldBack>;
}

type ReleaseTotals = Totals & { readonly latency: LatencyCounts; gone?: number };

const NOTHING: Raw = { requests: 0, errors5xx: 0, aborts: 0, unreached: 0, unanswered: 0, broken: 0 };
const NO_TOTALS: ReleaseTotals = {
  requests: 0,
  errors5xx: 0,
  aborts: 0,
  unreached: 0,
  latency: NO_LATENCY,
};
const NO_SLOTS: ReadonlyMap<string, LatencyCounts> = new Map();
/** Milliseconds that the totals of a release without a slot are still told. */
const REMEMBERED = 3_600_000;

/**
 * Totals a release, made of what HAProxy's slots count. HAProxy counts from 0 in each process and never resets a
 * slot, so the meter adds differences; the totals go on over restarts of both. Of the latency counters HAProxy forgets
 * those that nothing was added to for an hour; they then begin again at 0.
 *
 * A request counts when it has ended, its time when its answer has begun.
 *
 * What can be lost: requests that ended after the last look (a second or so) when HAProxy dies, and those of a
 * process that was draining after a reload when the router dies.
 */
export class Meter {
  readonly #totals = new Map<string, ReleaseTotals>();
  readonly #gauges = new Map<string, Gauge>();
  #stored: StoredCounts | undefined;
  /** Of its totals: the same for as long as they only grow. */
  readonly origin: string;

  readonly #hold: number;

  /** @param hold milliseconds that what was broken off waits for the news that its replica was taken away */
  constructor(stored?: StoredCounts, hold = 0) {
    this.#stored = stored;
    this.#hold = hold;
    this.origin = stored?.origin ?? randomUUID();
    for (const [release, totals] of Object.entries(stored?.releases ?? {})) {
      const { gone, latency, ...counts } = totals;
      this.#totals.set(release, {
        ...counts,
        latency: latency ?? NO_LATENCY,
        ...(gone === undefined ? {} : { gone }),
      });
    }
  }

  /** Whether what was broken off is told only after a while. */
  get holdsBack(): boolean {
    return this.#hold > 0;
  }

  /**
   * A process serves now. One that an earlier router already counted goes on where that ended.
   * @param owners slot → release, as the table has them
   */
  attach(process: string, owners: ReadonlyMap<string, string>): void {
    if (this.#gauges.has(process)) return;
    const gauge: Gauge = {
      raw: new Map(),
      seeming: new Map(),
      latency: NO_SLOTS,
      owners: new Map(),
      active: new Map(),
      leaving: new Map(),
      held: new Map(),
    };
    if (this.#stored?.process === process) {
      const latencies = new Map<string, LatencyCounts>();
      for (const [slot, { release, raw, latency }] of Object.entries(this.#stored.slots)) {
        if (release !== undefined) gauge.owners.set(slot, release);
        gauge.raw.set(slot, raw);
        if (latency !== undefined) latencies.set(slot, latency);
      }
      gauge.latency = latencies;
    }
    this.#stored = undefined;
    for (const [slot, release] of owners) gauge.owners.set(slot, release);
    this.#gauges.set(process, gauge);
  }

  /** The process has ended: nothing of it is open any more. */
  detach(process: string): void {
    this.#gauges.delete(process);
  }

  /**
   * Takes in what the process counts now. Requests that seem unanswered count once two looks have agreed on them.
   * @returns `unsettled`: another look at once would tell more; `unknown`: no process that counts
   */
  observe(
    process: string,
    slots: ReadonlyMap<string, SlotStat>,
    latencies?: ReadonlyMap<string, LatencyCounts>,
    at = performance.now(),
  ): 'settled' | 'unsettled' | 'unknown' {
    const gauge = this.#gauges.get(process);
    if (gauge === undefined) return 'unknown';
    let settled = true;
    for (const [slot, { active, ...seen }] of slots) {
      const before = gauge.raw.get(slot) ?? NOTHING;
      const agreed = Math.min(gauge.seeming.get(slot) ?? 0, seen.unanswered);
      const now = {
        ...seen,
        // For a moment a request can be among those that were not reached, and not yet among all.
        requests: Math.max(before.requests, seen.requests),
        errors5xx: Math.max(before.errors5xx, seen.errors5xx),
        unanswered: Math.max(before.unanswered, agreed),
      };
      const release = gauge.owners.get(slot);
      if (release !== undefined) this.#add(release, slot, gauge, { before, now, at });
      gauge.raw.set(slot, now);
      gauge.seeming.set(slot, seen.unanswered);
      gauge.active.set(slot, active);
      if (seen.unanswered > now.unanswered) settled = false;
    }
    if (latencies !== undefined) this.#observeLatencies(gauge, latencies);
    return settled ? 'settled' : 'unsettled';
  }

  /** From now on, what the slot counts in this process is the release's. */
  own(process: string, slot: string, release: string): void {
    const gauge = this.#gauges.get(process);
    if (gauge?.owners.get(slot) !== release) gauge?.held.delete(slot);
    gauge?.owners.set(slot, release);
  }

  /**
   * These servers take no new requests, and so many are open on each: slot → server → requests. What was broken off a
   * moment ago may have been theirs.
   */
  leave(process: string, servers: ReadonlyMap<string, ReadonlyMap<string, number>>): void {
    const gauge = this.#gauges.get(process);
    for (const [slot, open] of servers) {
      const release = gauge?.owners.get(slot);
      const { cut, heads } = gauge?.held.get(slot)?.take() ?? NONE_BROKEN;
      if (release !== undefined && cut + heads > 0) {
        const totals = this.#totals.get(release) ?? NO_TOTALS;
        this.#totals.set(release, { ...totals, unreached: totals.unreached + cut + heads });
      }
      const leaving = gauge?.leaving.get(slot) ?? new Leaving();
      gauge?.leaving.set(slot, leaving);
      for (const [server, requests] of open) leaving.add(server, requests);
    }
  }

  /** @param isLeaving whether a server is still there and about to go */
  left(process: string, isLeaving: (slot: string, server: string) => boolean): void {
    const gauge = this.#gauges.get(process);
    for (const [slot, leaving] of gauge?.leaving ?? []) {
      leaving.keep((server) => isLeaving(slot, server));
      if (leaving.isOver) gauge?.leaving.delete(slot);
    }
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
      if (!this.#totals.has(release)) this.#totals.set(release, { ...NO_TOTALS });
    return [...this.#totals].map(([releaseId, { requests, errors5xx, aborts, unreached, latency }]) => ({
      releaseId,
      requests,
      errors5xx,
      aborts,
      unreached,
      active: active.get(releaseId) ?? 0,
      latency,
    }));
  }

  /** What a later router needs to go on. */
  stored(process: string | undefined): StoredCounts {
    const gauge = process === undefined ? undefined : this.#gauges.get(process);
    return {
      origin: this.origin,
      ...(process === undefined ? {} : { process }),
      slots: gauge === undefined ? {} : Object.fromEntries(storedSlots(gauge)),
      releases: Object.fromEntries(
        [...this.#totals].map(([release, { latency, ...counts }]) => [
          release,
          { ...counts, ...(latency === NO_LATENCY ? {} : { latency: [...latency] }) },
        ]),
      ),
    };
  }

  #add(
    release: string,
    slot: string,
    { leaving, held }: Gauge,
    { before, now, at }: { before: Raw; now: Raw; at: number },
  ): void {
    const totals = this.#totals.get(release) ?? NO_TOTALS;
    const more = (key: keyof Raw): number => Math.max(0, now[key] - before[key]);
    const requests = more('requests') + more('unanswered');
    // Never more than is counted of it by now.
    const cut = Math.min(requests, more('aborts') + more('unanswered'));
    const broken = { cut, heads: Math.min(requests - cut, more('broken'), more('errors5xx')) };
    const gone = leaving.get(slot)?.take(broken) ?? NONE_BROKEN;
    const own = this.#afterAWhile(held, slot, minus(broken, gone), at);
    this.#totals.set(release, {
      requests: totals.requests + requests - broken.cut - broken.heads + own.cut + own.heads,
      errors5xx: totals.errors5xx + more('errors5xx') - broken.heads + own.heads,
      aborts: totals.aborts + more('aborts') + more('unanswered') - broken.cut + own.cut,
      unreached: totals.unreached + more('unreached') + gone.cut + gone.heads,
      latency: totals.latency,
    });
  }

  #afterAWhile(held: Gauge['held'], slot: string, broken: Broken, at: number): Broken {
    if (this.#hold === 0) return broken;
    const queue = held.get(slot) ?? new HeldBack(this.#hold);
    held.set(slot, queue);
    return queue.pass(broken, at);
  }

  #observeLatencies(gauge: Gauge, latencies: ReadonlyMap<string, LatencyCounts>): void {
    for (const [slot, now] of latencies) {
      const release = gauge.owners.get(slot);
      const before = gauge.latency.get(slot) ?? NO_LATENCY;
      if (release === undefined || now.every((count, bucket) => count === before[bucket])) continue;
      const totals = this.#totals.get(release) ?? NO_TOTALS;
      const latency = totals.latency.map((count, bucket) => {
        const [had = 0, has = 0] = [before[bucket], now[bucket]];
        return count + (has >= had ? has - had : has);
      });
      this.#totals.set(release, { ...totals, latency });
    }
    gauge.latency = latencies;
  }

  #forget(owning: ReadonlySet<string>, now: number): void {
    for (const [release, totals] of this.#totals) {
      if (owning.has(release)) delete totals.gone;
      else if (totals.gone === undefined) totals.gone = now;
      else if (now - totals.gone > REMEMBERED) this.#totals.delete(release);
    }
  }
}

function minus(a: Broken, b: Broken): Broken {
  return { cut: a.cut - b.cut, heads: a.heads - b.heads };
}

/** Free slots that have never counted anything are left out. */
function* storedSlots(gauge: Gauge): Iterable<[string, StoredCounts['slots'][string]]> {
  for (const slot of new Set([...gauge.owners.keys(), ...gauge.raw.keys()])) {
    const release = gauge.owners.get(slot);
    const raw = gauge.raw.get(slot) ?? NOTHING;
    const latency = gauge.latency.get(slot);
    if (release === undefined && raw.requests + raw.unanswered === 0) continue;
    yield [
      slot,
      {
        ...(release === undefined ? {} : { release }),
        raw,
        ...(latency === undefined ? {} : { latency: [...latency] }),
      },
    ];
  }
}
