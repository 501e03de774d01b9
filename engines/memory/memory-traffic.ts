import { isDeepStrictEqual } from 'node:util';
import { NO_LATENCY } from '../../core/canary/latency.ts';
import type { Probe, ProbeResult, ReleaseCounts, Route, Traffic, TrafficCounts } from '../port.ts';

/** `Traffic` without a router: keeps the table, and counts what a test says was counted. */
export class MemoryTraffic implements Traffic {
  readonly routes = new Map<string, Route>();
  /** Every route that was applied, in order, also those replaced since. */
  readonly applied: Route[] = [];
  /** Set to make every call fail with this, as when the router is away. */
  away: Error | undefined;
  /** Clear it to make counts be those of the last time, as when the proxy does not answer the router. */
  fresh = true;
  /** Every probe that was sent, in order. */
  readonly probes: Probe[] = [];
  /** How a replica answers a probe. */
  answer: (probe: Probe) => ProbeResult | Promise<ProbeResult> = () => ({ status: 200, ms: 1 });

  private readonly totals = new Map<string, ReleaseCounts>();

  async apply(route: Route): Promise<void> {
    this.reach();
    this.take(route);
  }

  async remove(appId: string): Promise<void> {
    this.reach();
    this.routes.delete(appId);
  }

  async sync(routes: readonly Route[]): Promise<void> {
    this.reach();
    const wanted = new Set(routes.map((route) => route.appId));
    for (const appId of this.routes.keys()) if (!wanted.has(appId)) this.routes.delete(appId);
    for (const route of routes) {
      if (!isDeepStrictEqual(this.routes.get(route.appId), route)) this.take(route);
    }
  }

  async counts(): Promise<TrafficCounts> {
    this.reach();
    return { fresh: this.fresh, releases: [...this.totals.values()] };
  }

  async probe(probe: Probe): Promise<ProbeResult> {
    this.reach();
    this.probes.push(probe);
    return this.answer(probe);
  }

  /** Adds to the running totals of a release; `active` is set, not added. */
  count(releaseId: string, more: Partial<Omit<ReleaseCounts, 'releaseId'>>): void {
    const before = this.totals.get(releaseId);
    this.totals.set(releaseId, {
      releaseId,
      requests: (before?.requests ?? 0) + (more.requests ?? 0),
      errors5xx: (before?.errors5xx ?? 0) + (more.errors5xx ?? 0),
      aborts: (before?.aborts ?? 0) + (more.aborts ?? 0),
      unreached: (before?.unreached ?? 0) + (more.unreached ?? 0),
      active: more.active ?? before?.active ?? 0,
      latency: (before?.latency ?? NO_LATENCY).map((count, index) => count + (more.latency?.[index] ?? 0)),
    });
  }

  private take(route: Route): void {
    this.routes.set(route.appId, route);
    this.applied.push(route);
  }

  private reach(): void {
    if (this.away !== undefined) throw this.away;
  }
}
