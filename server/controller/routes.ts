import { isDeepStrictEqual } from 'node:util';
import type { Route, Traffic } from '../../engines/port.ts';

/** The routes that the router was last given, so that only changes are sent, and all of them again when it may have forgotten. */
export class Routes {
  readonly #traffic: Traffic;
  readonly #routes = new Map<string, Route>();
  readonly #changing = new Set<Promise<void>>();
  /** Since when each app's newest route has been on its way, `performance.now()`. */
  readonly #since = new Map<string, number>();
  /** Settled when no table is on its way. */
  #table: Promise<void> = Promise.resolve();

  constructor(traffic: Traffic) {
    this.#traffic = traffic;
  }

  async apply(route: Route): Promise<void> {
    if (isDeepStrictEqual(this.#routes.get(route.appId), route)) return;
    // Forgotten first: when the router does not answer, the next look must try again.
    this.#routes.delete(route.appId);
    this.#since.set(route.appId, performance.now());
    try {
      await this.#one(() => this.#traffic.apply(route));
      this.#routes.set(route.appId, route);
    } finally {
      this.#since.delete(route.appId);
    }
  }

  /** For how long an app has waited for the router to take its route, in milliseconds; 0: it does not wait. */
  waitsMs(appId: string): number {
    const since = this.#since.get(appId);
    return since === undefined ? 0 : performance.now() - since;
  }

  async remove(appId: string): Promise<void> {
    this.#routes.delete(appId);
    await this.#one(() => this.#traffic.remove(appId));
  }

  /**
   * Only once every app has been looked at, else the router would drop those that were not. Never beside a change of
   * one route, which an older table could overtake and undo.
   * @param complete asked at the last moment whether every app is there
   * @returns whether it was sent
   */
  async sync(complete: () => boolean = () => true): Promise<boolean> {
    const before = this.#table;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#table = promise;
    try {
      await before;
      await Promise.allSettled(this.#changing);
      if (!complete()) return false;
      await this.#traffic.sync([...this.#routes.values()]);
      return true;
    } finally {
      resolve();
    }
  }

  /** Side by side with other routes, but not with the whole table. */
  async #one(change: () => Promise<void>): Promise<void> {
    const table = this.#table;
    await table;
    if (table !== this.#table) return this.#one(change);
    const changing = change();
    this.#changing.add(changing);
    try {
      await changing;
    } finally {
      this.#changing.delete(changing);
    }
  }

  /** The route that the router was last given; undefined when it may not have it. */
  given(appId: string): Route | undefined {
    return this.#routes.get(appId);
  }

  has(appId: string): boolean {
    return this.#routes.has(appId);
  }

  isCurrent(route: Route): boolean {
    return isDeepStrictEqual(this.#routes.get(route.appId), route);
  }
}
