import { createInterface } from 'node:readline';
import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { FollowEvent } from '../../core/contracts/follow.ts';
import { Refusal } from '../../core/reason.ts';
import type { Probe, Route, ServiceRef, Traffic } from '../../engines/port.ts';
import type { Followed } from './generation.ts';
import { failureOf, Session } from './session.ts';
import { ServerAway } from './server-link.ts';
import type { ServerLink } from './server-link.ts';
import type { ToldRoutes } from './told-routes.ts';

export interface FollowerParts {
  readonly link: ServerLink;
  readonly traffic: Traffic;
  readonly told: ToldRoutes;
  readonly followed: Followed;
  /** Of the file that the totals are in. */
  readonly origin: string;
  /** Routes as they are now. */
  readonly routes: Iterable<Route>;
  /** The installation is known: its Services can be watched. */
  readonly known: (installationId: string) => void;
  /** Milliseconds, instead of `INFORMED_AFTER`. */
  readonly informedAfter?: number;
  readonly log: (line: string) => void;
}

const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 2_000;
/** Milliseconds after which a route that the router could not make so is tried again. */
const AGAIN_AFTER = 2_000;
/** Milliseconds without a server until what the cluster says counts for more than what the server said. */
const AWAY_AFTER = 20_000;
/** Milliseconds with a server that cannot tell of every app, until this router serves those that it was told of. */
const INFORMED_AFTER = 30_000;

/**
 * Makes the router do what the server says, for as long as there is one; without one it goes on by what it was told last
 * and by what the cluster says of the replicas.
 */
export class Follower {
  readonly #parts: FollowerParts;
  /** The routes that were last asked of the router. */
  readonly #given = new Map<string, Route>();
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  #finished = false;
  #session: Session | undefined;
  #away: NodeJS.Timeout | undefined;
  #patience: NodeJS.Timeout | undefined;
  #isPatienceOver = false;
  #again: NodeJS.Timeout | undefined;
  #problem = '';

  constructor(parts: FollowerParts) {
    this.#parts = parts;
    for (const route of parts.routes) this.#given.set(route.appId, route);
  }

  start(): void {
    const { installationId } = this.#parts.followed;
    if (installationId !== undefined) this.#parts.known(installationId);
    this.#alone();
    this.#running ??= this.#run();
  }

  /**
   * Has it ever had a whole table? Without one it would answer that there is no such app. A server that has just started,
   * maybe together with this router, does not know every app yet; one of which an app's route fails may never.
   */
  get isInformed(): boolean {
    return this.#parts.followed.isInformed || this.#isPatienceOver;
  }

  /** The cluster says something else of a Service than before. */
  changed(service: ServiceRef): void {
    this.#reconsider(this.#parts.told.appsOf(service));
  }

  /** Tells the server that nothing more will be counted here, and follows no more. @returns whether it knows */
  async finish(): Promise<boolean> {
    this.#finished = true;
    const session = this.#session;
    if (session === undefined) return false;
    try {
      await session.finish();
      return true;
    } catch (error) {
      this.#tell(error);
      return false;
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#away);
    clearTimeout(this.#patience);
    this.#closing.abort();
    clearTimeout(this.#again);
    await this.#running;
    this.#parts.link.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    let pause = FIRST_PAUSE;
    while (!signal.aborted && !this.#finished) {
      const began = performance.now();
      await this.#follow().catch((error: unknown) => {
        if (!signal.aborted) this.#tell(error);
      });
      if (!signal.aborted) this.#alone();
      pause = performance.now() - began > LONGEST_PAUSE ? FIRST_PAUSE : Math.min(LONGEST_PAUSE, pause * 2);
      // Not all routers in the same moment, when a server comes back.
      await delay(pause * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
    }
  }

  /** Follows one stream to its end. */
  async #follow(): Promise<void> {
    const ending = new AbortController();
    const signal = AbortSignal.any([this.#closing.signal, ending.signal]);
    try {
      const stream = await this.#parts.link.follow(signal);
      const { promise, reject } = Promise.withResolvers<never>();
      promise.catch(() => undefined);
      await Promise.race([promise, this.#read(stream, signal, reject)]);
    } finally {
      ending.abort();
      this.#session = undefined;
    }
  }

  /** @param fail ends the stream: the server did not take what it was told */
  async #read(stream: IncomingMessage, signal: AbortSignal, fail: (error: unknown) => void): Promise<void> {
    const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
    // Also of a stream that breaks once nobody reads it any more.
    lines.on('error', () => undefined);
    for await (const line of lines) {
      const parsed = FollowEvent.safeParse(JSON.parse(line));
      if (!parsed.success) {
        this.#tell(new Error(`the server said what this router does not know: ${line.slice(0, 100)}`));
        continue;
      }
      if (parsed.data.event === 'hello') await this.#begin(parsed.data, signal, fail);
      else if (this.#session !== undefined) this.#take(parsed.data, this.#session, fail);
      if (signal.aborted) break;
    }
    throw new ServerAway('the server has ended the stream');
  }

  async #begin(
    { session, generation, installationId }: Extract<FollowEvent, { event: 'hello' }>,
    signal: AbortSignal,
    fail: (error: unknown) => void,
  ): Promise<void> {
    const { followed, known, link, traffic, told, origin } = this.#parts;
    await followed.admit({ generation, installationId });
    known(installationId);
    this.#patience ??= setTimeout(() => {
      this.#isPatienceOver = true;
      if (this.#given.size > 0) void this.#inform();
    }, this.#parts.informedAfter ?? INFORMED_AFTER);
    told.begin();
    this.#problem = '';
    this.#session = new Session({ link, id: session, counts: async () => traffic.counts(), origin, signal });
    void this.#session.tellCounts().catch(fail);
  }

  #take(
    event: Exclude<FollowEvent, { event: 'hello' }>,
    session: Session,
    fail: (error: unknown) => void,
  ): void {
    switch (event.event) {
      case 'routes':
        void this.#make(event)
          .then(
            async () => session.tellApplied(event.revision),
            async (error: unknown) => session.tellApplied(event.revision, error),
          )
          .catch(fail);
        break;
      case 'count':
        session.ask(event.id);
        break;
      case 'probe':
        void this.#probe(event.probe)
          .then(async (outcome) => session.tellProbe(event.id, outcome))
          .catch(fail);
        break;
      case 'alive':
        break;
    }
  }

  async #make({ complete, set, removed }: Extract<FollowEvent, { event: 'routes' }>): Promise<void> {
    const { told, traffic } = this.#parts;
    if (complete) {
      told.replace(set);
      clearTimeout(this.#away);
      this.#away = undefined;
      const routes = set.flatMap(({ appId }) => told.effective(appId, undefined) ?? []);
      const former = new Map(this.#given);
      this.#given.clear();
      for (const route of routes) this.#given.set(route.appId, route);
      await traffic.sync(routes).catch((error: unknown) => {
        for (const route of routes) this.#forgo(route, former.get(route.appId), error);
        throw error;
      });
      return this.#inform();
    }
    for (const route of set) told.set(route);
    const changes = set.map(async ({ appId }) => this.#apply(told.effective(appId, undefined)));
    for (const appId of removed) {
      told.remove(appId);
      this.#given.delete(appId);
      changes.push(traffic.remove(appId));
    }
    await Promise.all(changes);
  }

  /** Also for its next start, when there may be no server. A disk that is full keeps no route from being made. */
  async #inform(): Promise<void> {
    await this.#parts.followed.inform().catch((error: unknown) => this.#tell(error));
  }

  async #apply(route: Route | undefined): Promise<void> {
    if (route === undefined) return;
    const former = this.#given.get(route.appId);
    this.#given.set(route.appId, route);
    try {
      await this.#parts.traffic.apply(route);
    } catch (error) {
      this.#forgo(route, former, error);
      throw error;
    }
  }

  /** The router goes on by the former route; there may be no server that asks for this one again. */
  #forgo(route: Route, former: Route | undefined, error: unknown): void {
    // Another was asked for since.
    if (this.#given.get(route.appId) !== route) return;
    if (former === undefined) this.#given.delete(route.appId);
    else this.#given.set(route.appId, former);
    const isForGood = error instanceof Refusal && error.status < 500;
    if (isForGood || this.#closing.signal.aborted) return;
    this.#again ??= setTimeout(() => {
      this.#again = undefined;
      this.#reconsider(this.#parts.told.appsOf());
    }, AGAIN_AFTER);
  }

  async #probe(probe: Probe): Promise<Parameters<Session['tellProbe']>[1]> {
    try {
      return { answer: await this.#parts.traffic.probe(probe) };
    } catch (error) {
      return { failure: failureOf(error) };
    }
  }

  /** No server is there: after a while, others know better than it did. */
  #alone(): void {
    this.#away ??= setTimeout(() => {
      this.#parts.told.expire();
      this.#reconsider(this.#parts.told.appsOf());
    }, AWAY_AFTER);
  }

  #reconsider(appIds: readonly string[]): void {
    for (const appId of appIds) {
      const given = this.#given.get(appId);
      const route = this.#parts.told.effective(appId, given);
      if (isDeepStrictEqual(route, given)) continue;
      this.#apply(route).catch((error: unknown) => this.#tell(error));
    }
  }

  /** Once for the same trouble. */
  #tell(error: unknown): void {
    const problem = error instanceof Error ? error.message : String(error);
    if (problem !== this.#problem) this.#parts.log(problem);
    this.#problem = problem;
  }
}
