import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { RouteBody } from '../../../core/contracts/router.ts';
import type { FollowEvent } from '../../../core/contracts/follow.ts';
import { hostTaken } from '../../../core/host-clash.ts';
import { Refusal } from '../../../core/reason.ts';
import type { Route } from '../../port.ts';

export type RoutesEvent = Extract<FollowEvent, { event: 'routes' }>;

/** What all routers should answer by. Each change has the next revision. */
export class DesiredTable {
  private routes = new Map<string, RouteBody>();
  /** Apps that have no route any more, while the table is not complete. */
  private readonly removed = new Set<string>();
  private complete = false;
  private latest = 0;

  get revision(): number {
    return this.latest;
  }

  /** Releases that have a route. */
  releases(): Set<string> {
    return new Set(
      [...this.routes.values()].flatMap(({ releases }) => releases.map(({ releaseId }) => releaseId)),
    );
  }

  /** @throws Refusal 409 when another app has one of its hosts, 422 when the route is not as the contract says */
  apply(route: Route): RoutesEvent {
    const body = parsed(route);
    const others = [...this.routes.values()].filter(({ appId }) => appId !== body.appId);
    const taken = hostTaken([...others, body]);
    if (taken !== undefined) throw taken;
    this.removed.delete(body.appId);
    this.routes.set(body.appId, body);
    return this.change([body], []);
  }

  remove(appId: string): RoutesEvent {
    this.routes.delete(appId);
    if (!this.complete) this.removed.add(appId);
    return this.change([], [appId]);
  }

  /**
   * Makes the whole table be so.
   * @returns undefined when it is so already
   * @throws as `apply`
   */
  sync(routes: readonly Route[]): RoutesEvent | undefined {
    const bodies = routes.map(parsed);
    const taken = hostTaken(bodies);
    if (taken !== undefined) throw taken;
    const next = new Map(bodies.map((body) => [body.appId, body]));
    if (this.complete && isDeepStrictEqual(this.routes, next)) return undefined;
    this.routes = next;
    this.removed.clear();
    this.complete = true;
    this.latest += 1;
    return this.whole();
  }

  /** All that is known, for a router that has just come. Until the server has looked at every app it is not all there is. */
  whole(): RoutesEvent {
    return {
      event: 'routes',
      revision: this.latest,
      complete: this.complete,
      set: [...this.routes.values()],
      removed: [...this.removed],
    };
  }

  private change(set: RouteBody[], removed: string[]): RoutesEvent {
    this.latest += 1;
    return { event: 'routes', revision: this.latest, complete: false, set, removed };
  }
}

/** Else a table with one bad route would be refused as a whole by every router. */
function parsed(route: Route): RouteBody {
  const { data, error } = RouteBody.safeParse(route);
  if (error !== undefined) throw new Refusal(422, 'invalid_route', z.prettifyError(error));
  return data;
}
