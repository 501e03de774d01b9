import { isDeepStrictEqual } from 'node:util';
import { FULL_WEIGHT } from '../../core/rollout.ts';
import type { Replica, Route, RouteRelease, Traffic } from '../../engines/port.ts';
import { appHost } from '../address.ts';
import type { Settings } from '../settings.ts';
import type { AppRow } from '../store/apps.ts';
import type { Store } from '../store/store.ts';

/**
 * The route that an app must have: all weight on `liveReleaseId`, and weight 0 for every other release that has
 * replicas, so that their open requests can end.
 */
export function routeOf(
  store: Store,
  settings: Pick<Settings, 'domain' | 'httpPort' | 'sshHost' | 'sshPort'>,
  app: AppRow,
  liveReleaseId: string | null,
  replicas: readonly Replica[],
): Route {
  const others = new Set(replicas.map((replica) => replica.releaseId));
  if (liveReleaseId !== null) others.delete(liveReleaseId);
  const releases: RouteRelease[] =
    liveReleaseId === null
      ? []
      : [
          { releaseId: liveReleaseId, weight: FULL_WEIGHT, backends: backendsOf(replicas, liveReleaseId) },
          ...[...others]
            .toSorted()
            .map((releaseId) => ({ releaseId, weight: 0, backends: backendsOf(replicas, releaseId) })),
        ];
  return {
    appId: app.id,
    appName: app.name,
    hosts: [appHost(settings, app.name), ...store.domains.of(app.id)],
    releases,
    maintenance: false,
  };
}

/** Replicas that answer; when none does, all that have an address: an ill one is better than none. */
function backendsOf(replicas: readonly Replica[], releaseId: string): { host: string; port: number }[] {
  const web = replicas.filter((replica) => replica.releaseId === releaseId && replica.process === 'web');
  const ready = web.filter((replica) => replica.state === 'ready');
  const chosen =
    ready.length > 0
      ? ready
      : web.filter((replica) => replica.state === 'unhealthy' || replica.state === 'starting');
  return chosen
    .toSorted((a, b) => a.index - b.index)
    .flatMap((replica) => (replica.address ? [replica.address] : []));
}

/** The routes that the router was last given, so that only changes are sent, and all of them again when it may have forgotten. */
export class Routes {
  readonly #traffic: Traffic;
  readonly #routes = new Map<string, Route>();
  readonly #changing = new Set<Promise<void>>();
  /** Settled when no table is on its way. */
  #table: Promise<void> = Promise.resolve();

  constructor(traffic: Traffic) {
    this.#traffic = traffic;
  }

  async apply(route: Route): Promise<void> {
    if (isDeepStrictEqual(this.#routes.get(route.appId), route)) return;
    // Forgotten first: when the router does not answer, the next look must try again.
    this.#routes.delete(route.appId);
    await this.#one(() => this.#traffic.apply(route));
    this.#routes.set(route.appId, route);
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

  has(appId: string): boolean {
    return this.#routes.has(appId);
  }

  isCurrent(route: Route): boolean {
    return isDeepStrictEqual(this.#routes.get(route.appId), route);
  }
}
