import { isDeepStrictEqual } from 'node:util';
import { backendsOf } from '../../core/endpoints.ts';
import type { Endpoint } from '../../core/endpoints.ts';
import type { Route, ServiceRef } from '../../engines/port.ts';

/** What the cluster says by itself about which replicas are there. */
export interface Endpoints {
  /** Undefined: nothing is known of the Service, or nobody has heard the cluster for long. */
  of(service: ServiceRef): readonly Endpoint[] | undefined;
}

/** The routes as the server told them last, and what comes of them by what the cluster says. */
export class ToldRoutes {
  readonly #endpoints: Endpoints;
  readonly #told = new Map<string, Route>();
  /** Apps that the server of the present stream has looked at. */
  readonly #heard = new Set<string>();
  #away = false;

  /** @param routes as they are on disk */
  constructor(endpoints: Endpoints, routes: Iterable<Route>) {
    this.#endpoints = endpoints;
    for (const route of routes) this.#told.set(route.appId, route);
  }

  /** A server is there. What it does not speak of it has not looked at yet. */
  begin(): void {
    this.#heard.clear();
  }

  /** The server has been away for so long that what it said may hold no more. */
  expire(): void {
    this.#away = true;
  }

  /** The whole table. */
  replace(routes: readonly Route[]): void {
    this.#told.clear();
    for (const route of routes) this.set(route);
    this.#away = false;
  }

  set(route: Route): void {
    this.#told.set(route.appId, route);
    this.#heard.add(route.appId);
  }

  remove(appId: string): void {
    this.#told.delete(appId);
  }

  /** Apps that have a release behind this Service; without one: all. */
  appsOf(service?: ServiceRef): string[] {
    return [...this.#told.values()].flatMap(({ appId, releases }) =>
      service === undefined || releases.some((release) => isDeepStrictEqual(release.service, service))
        ? appId
        : [],
    );
  }

  /**
   * Where requests are to go. Undefined when the app has no route.
   * @param present the route by which they go now; undefined when the server has just told another
   */
  effective(appId: string, present: Route | undefined): Route | undefined {
    const told = this.#told.get(appId);
    if (told === undefined) return undefined;
    const current = !this.#away || this.#heard.has(appId);
    const releases = told.releases.map((release) => {
      if (release.service === undefined) return release;
      const used = present?.releases.find(({ releaseId }) => releaseId === release.releaseId)?.backends ?? [];
      const endpoints = this.#endpoints.of(release.service);
      return { ...release, backends: backendsOf({ told: release.backends, endpoints, current, used }) };
    });
    return { ...told, releases };
  }
}
