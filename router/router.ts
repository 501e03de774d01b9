import { setTimeout as delay } from 'node:timers/promises';
import type { RouterStatus } from '../core/contracts/router.ts';
import { hostTaken } from '../core/host-clash.ts';
import { Refusal } from '../core/reason.ts';
import type { Probe, ProbeResult, Route, Traffic, TrafficCounts } from '../engines/port.ts';
import { HaproxyLost } from './haproxy/runtime-socket.ts';
import { CommandRefused } from './haproxy/session.ts';
import type { HaproxySession } from './haproxy/session.ts';
import type { HaproxySupervisor } from './haproxy/supervisor.ts';
import { GatheredRoutes } from './gathered-routes.ts';
import type { Metering } from './metering.ts';
import type { Prober } from './prober.ts';
import { leavers, plan } from './routing/plan.ts';
import type { Change } from './routing/plan.ts';
import { desiredOf } from './routing/picture.ts';
import type { Desired } from './routing/picture.ts';
import { assignSlots, slotOwners } from './routing/table.ts';
import type { Entry, Table } from './routing/table.ts';
import type { RouteStore } from './store.ts';

export interface RouterParts {
  readonly store: RouteStore;
  readonly supervisor: HaproxySupervisor;
  readonly metering: Metering;
  readonly prober: Prober;
}

/** Milliseconds that a change waits for a HAProxy that died to be up again. */
const PATIENCE = 5_000;
/** Looks at HAProxy's statistics, and at what can be cleared away. */
const TICK = 1_000;

/** Holds the table of routes, and makes HAProxy and its files be so. Changes follow one another. */
export class Router implements Traffic {
  readonly #parts: RouterParts;
  #table: Table;
  #desired: Desired;
  #turn: Promise<unknown> = Promise.resolve();
  /** What waits at the end of the queue, as long as no change of another kind stands behind it. */
  #gathered: GatheredRoutes | undefined;
  #ticking: NodeJS.Timeout | undefined;

  constructor(parts: RouterParts, table: Table) {
    this.#parts = parts;
    this.#table = table;
    this.#desired = desiredOf(table);
  }

  /**
   * Resolves once HAProxy answers by the table, or its first start has failed (it goes on trying).
   * @param configChanged HAProxy's own settings are others than when it was last started
   * @throws Error when a HAProxy that was adopted cannot take them over
   */
  async start(configChanged: boolean): Promise<void> {
    await this.#parts.store.saveConfig(this.#desired);
    await this.#parts.supervisor.start();
    await this.#inTurn(async () => {
      if (this.#parts.supervisor.current === undefined) return;
      if (await this.#isOutdated(configChanged)) await this.#reload();
      await this.#converge();
    });
    this.#schedule();
  }

  /**
   * Takes no new connections, and lets those that are open end.
   * @param limit milliseconds that they have
   */
  async drain(limit: number): Promise<void> {
    await this.#inTurn(async () => {
      clearTimeout(this.#ticking);
      this.#ticking = undefined;
      await this.#parts.supervisor.drain(limit);
      await this.#parts.metering.look();
    });
  }

  /** Ends the router's own work; HAProxy goes on. */
  async close(): Promise<void> {
    clearTimeout(this.#ticking);
    this.#ticking = undefined;
    await this.#turn.catch(() => undefined);
    await this.#parts.metering.look().catch(() => undefined);
    this.#parts.supervisor.letGo();
  }

  /** Those that come while a change is being made share the next one: after its restart the server sends every route. */
  async apply(route: Route): Promise<void> {
    this.#gathered ??= this.#gather();
    return this.#gathered.add(route);
  }

  async remove(appId: string): Promise<void> {
    this.#gathered = undefined;
    await this.#inTurn(async () =>
      this.#change(
        [],
        [...this.#table.keys()].filter((id) => id !== appId),
      ),
    );
  }

  async sync(routes: readonly Route[]): Promise<void> {
    this.#gathered = undefined;
    await this.#inTurn(async () => this.#change(routes, []));
  }

  routes(): Route[] {
    return [...this.#table.values()].map(({ route }) => route);
  }

  async counts(): Promise<TrafficCounts> {
    return this.#parts.metering.counts();
  }

  async probe(probe: Probe): Promise<ProbeResult> {
    return this.#parts.prober.probe(probe);
  }

  status(): Pick<RouterStatus, 'pid' | 'haproxy' | 'apps' | 'slots'> {
    const { supervisor, store } = this.#parts;
    const session = supervisor.current;
    return {
      pid: process.pid,
      haproxy: {
        up: session !== undefined,
        ...(session === undefined ? {} : { pid: session.pid, version: session.version }),
        restarts: supervisor.restarts,
        reloads: supervisor.reloads,
        draining: supervisor.draining.size,
        ...(supervisor.problem === undefined ? {} : { problem: supervisor.problem }),
      },
      apps: this.#table.size,
      slots: { total: store.slotCount, used: this.#used().size },
    };
  }

  /** HAProxy is up, adopted or new: it may hold something else than it should. */
  mend(session: HaproxySession): void {
    this.#parts.metering.attach(session, slotOwners(this.#table));
    // A failure here is one of HAProxy, whose next start comes by here again.
    this.#inTurn(async () => this.#converge()).catch(() => undefined);
  }

  #gather(): GatheredRoutes {
    const gathered = new GatheredRoutes();
    void this.#inTurn(async () => {
      if (this.#gathered === gathered) this.#gathered = undefined;
      await gathered.make(async (routes) => this.#change(routes, [...this.#table.keys()]));
    });
    return gathered;
  }

  /** Makes the table be `routes` and, of the present one, the apps in `kept`; on disk first, then in HAProxy. */
  async #change(routes: readonly Route[], kept: readonly string[]): Promise<void> {
    const base = new Map(
      kept.flatMap((id) => (this.#table.has(id) ? [[id, this.#table.get(id) as Entry]] : [])),
    );
    this.#refuseClash(routes, base);
    const table = await this.#withSlots(routes, base);
    const changed = [...new Set([...this.#table.keys(), ...table.keys()])].filter(
      (id) => this.#table.get(id) !== table.get(id),
    );
    const desired = desiredOf(table);
    await this.#parts.store.save(table, changed, desired);
    this.#table = table;
    this.#desired = desired;
    await this.#converge();
  }

  /** Two apps cannot have one host; to move it, the first must let go of it. */
  #refuseClash(routes: readonly Route[], base: Table): void {
    const changed = new Set(routes.map((route) => route.appId));
    const others = [...base.values()]
      .map((entry) => entry.route)
      .filter((route) => !changed.has(route.appId));
    const refusal = hostTaken([...others, ...routes]);
    if (refusal !== undefined) throw refusal;
  }

  async #withSlots(routes: readonly Route[], base: ReadonlyMap<string, Entry>): Promise<Table> {
    for (let cleared = false; ; cleared = true) {
      const table = new Map(base);
      const used = this.#used();
      const free = this.#parts.store.slots().filter((slot) => !used.has(slot));
      let next = 0;
      let missing = 0;
      for (const route of routes) {
        const previous = this.#table.get(route.appId)?.slots ?? {};
        const slots = assignSlots(route.releases, previous, free.slice(next, next + route.releases.length));
        const fresh = route.releases.filter(({ releaseId }) => previous[releaseId] === undefined).length;
        next += fresh;
        if (slots === undefined) missing += fresh;
        else table.set(route.appId, { route, slots });
      }
      if (missing === 0) return table;
      if (cleared) await this.#grow(next);
      else await this.#clear();
    }
  }

  /** Slots of the table, and those whose releases have left it with requests still open. */
  #used(): Set<string> {
    const session = this.#parts.supervisor.current;
    const leaving = session === undefined ? [] : this.#parts.metering.slots(session);
    return new Set([...slotOwners(this.#table).keys(), ...leaving]);
  }

  /** Doubles the slots, until `free` more are there, by one seamless reload. */
  async #grow(free: number): Promise<void> {
    const { store } = this.#parts;
    const before = store.slotCount;
    const needed = this.#used().size + free;
    while (store.slotCount < needed || store.slotCount === before) store.slotCount *= 2;
    try {
      await store.saveConfig(this.#desired);
      await this.#reload();
    } catch (error) {
      await store.shrink(before);
      throw new Refusal(503, 'no_slots', `more release slots could not be made: ${(error as Error).message}`);
    }
  }

  async #reload(): Promise<void> {
    const { supervisor, metering } = this.#parts;
    await metering.look();
    metering.attach(await supervisor.reload(), slotOwners(this.#table));
  }

  /** Was the HAProxy that an earlier router left made with other settings, or with fewer slots? */
  async #isOutdated(configChanged: boolean): Promise<boolean> {
    const { supervisor, store } = this.#parts;
    if (!supervisor.adopted) return false;
    const slots = await supervisor.current?.slots();
    return configChanged || store.slots().some((slot) => slots?.has(slot) !== true);
  }

  /** Makes HAProxy hold what it should; begins again when HAProxy dies meanwhile. */
  async #converge(): Promise<void> {
    const deadline = performance.now() + PATIENCE;
    for (;;) {
      const left = deadline - performance.now();
      try {
        const session = await this.#parts.supervisor.session(Math.max(1, left));
        this.#own(session);
        const { open, turn, close, cut } = plan(await session.actual(), this.#desired);
        for (const changes of [open, turn]) await session.make(changes);
        if (close.length > 0) await this.#close(session, close);
        await session.make(cut);
        return;
      } catch (error) {
        if (!(error instanceof HaproxyLost || error instanceof CommandRefused)) throw error;
        if (left <= 0) {
          const why = this.#parts.supervisor.problem?.message ?? error.message;
          throw new Refusal(
            503,
            'haproxy_down',
            `the change is kept, but HAProxy is not up: ${why}`,
            'sluice doctor',
          );
        }
        await delay(10);
      }
    }
  }

  /** Replicas that take no more requests may be about to be gone, with what is open on them. */
  async #close(session: HaproxySession, close: readonly Change[]): Promise<void> {
    const { metering } = this.#parts;
    // What they have broken off already is seen before they leave.
    if (metering.holdsBack) await metering.look();
    metering.leave(session, openOf(close, await session.open()));
    await session.make(close);
  }

  /** What a slot counts is its release's from before the first request on. */
  #own(session: HaproxySession): void {
    const { metering } = this.#parts;
    metering.attach(session, slotOwners(this.#table));
    for (const [slot, release] of slotOwners(this.#table)) metering.own(session, slot, release);
  }

  /** Removes servers whose last request has ended, frees their slots, and lets go of processes that are done. */
  async #clear(): Promise<void> {
    const { supervisor, metering } = this.#parts;
    const owned = slotOwners(this.#table);
    const leaving = (session: HaproxySession): string[] =>
      metering.slots(session).filter((slot) => !owned.has(slot));
    const session = supervisor.current;
    // Open connections, not requests: a client may send its next one on a connection that has long been idle.
    const done = await doneOf(supervisor.draining);
    const ending = done.length > 0 || (session !== undefined && leaving(session).length > 0);
    // What ends is looked at once more before it is let go; else the server may have looked just now.
    if (ending || metering.age >= TICK / 2) await metering.look();
    for (const draining of done) supervisor.release(draining);
    if (session === undefined || session !== supervisor.current) return;
    const actual = await session.actual();
    await session.make(leavers(actual));
    metering.left(session, (slot, server) => actual.slots.get(slot)?.get(server) === 'leaving');
    for (const slot of leaving(session)) {
      const empty = (actual.slots.get(slot)?.size ?? 0) === 0;
      if (empty) metering.disown(session, slot);
    }
  }

  #schedule(): void {
    this.#ticking = setTimeout(() => {
      this.#inTurn(async () => this.#clear())
        // HAProxy died or was replaced: the next tick looks again.
        .catch(() => undefined)
        .finally(() => {
          if (this.#ticking !== undefined) this.#schedule();
        });
    }, TICK);
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

/** Requests that are open on the servers that are told to leave: slot → server → how many. */
function openOf(
  close: readonly Change[],
  open: ReadonlyMap<string, ReadonlyMap<string, number>>,
): Map<string, Map<string, number>> {
  const found = new Map<string, Map<string, number>>();
  for (const change of close) {
    if (change.kind !== 'leave') continue;
    const servers = found.get(change.slot) ?? new Map<string, number>();
    found.set(change.slot, servers.set(change.server, open.get(change.slot)?.get(change.server) ?? 0));
  }
  return found;
}

/** One that died meanwhile is not among them: the supervisor hears of that by itself. */
async function doneOf(draining: ReadonlySet<HaproxySession>): Promise<HaproxySession[]> {
  const all = await Promise.all(
    [...draining].map(async (session) => ((await session.isDone().catch(() => false)) ? [session] : [])),
  );
  return all.flat();
}
