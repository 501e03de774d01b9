import type { ReleaseCounts, Route, Traffic } from '../port.ts';

/** `Traffic` without a router: keeps the table, and counts what a test says was counted. */
export class MemoryTraffic implements Traffic {
  readonly routes = new Map<string, Route>();
  /** Every route that was applied, in order, also those replaced since. */
  readonly applied: Route[] = [];
  /** Set to make every call fail with this, as when the router is away. */
  away: Error | undefined;

  private readonly totals = new Map<string, ReleaseCounts>();

  async apply(route: Route): Promise<void> {
    this.reach();
    this.routes.set(route.appId, route);
    this.applied.push(route);
  }

  async remove(appId: string): Promise<void> {
    this.reach();
    this.routes.delete(appId);
  }

  async sync(routes: readonly Route[]): Promise<void> {
    this.reach();
    const wanted = new Set(routes.map((route) => route.appId));
    for (const appId of this.routes.keys()) if (!wanted.has(appId)) this.routes.delete(appId);
    for (const route of routes) await this.apply(route);
  }

  async counts(): Promise<ReleaseCounts[]> {
    this.reach();
    return [...this.totals.values()];
  }

  /** Adds to the running totals of a release; `active` is set, not added. */
  count(releaseId: string, more: Partial<Omit<ReleaseCounts, 'releaseId'>>): void {
    const before = this.totals.get(releaseId);
    this.totals.set(releaseId, {
      releaseId,
      requests: (before?.requests ?? 0) + (more.requests ?? 0),
      errors5xx: (before?.errors5xx ?? 0) + (more.errors5xx ?? 0),
      aborts: (before?.aborts ?? 0) + (more.aborts ?? 0),
      active: more.active ?? before?.active ?? 0,
    });
  }

  private reach(): void {
    if (this.away !== undefined) throw this.away;
  }
}
