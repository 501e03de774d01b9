import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { reason } from '../../core/reason.ts';
import type { Reason } from '../../core/reason.ts';
import type { RouterLayout } from '../layout.ts';
import { within } from '../within.ts';
import { HaproxyLost } from './runtime-socket.ts';
import { adoptHaproxy, retireOthers } from './adopt.ts';
import { findHaproxies, signal } from './processes.ts';
import { HaproxySession } from './session.ts';
import { startHaproxy } from './start.ts';

export interface SupervisorEvents {
  /** A process was adopted or started: look at what it holds, and mend it. */
  up(session: HaproxySession): void;
  lost(session: HaproxySession): void;
}

/** Milliseconds after an adoption until every other process must be serving, or serves never. */
const SETTLE = 3_000;
const FIRST_PAUSE = 50;
/** Milliseconds between looks at whether the last connection has ended. */
const DRAINING = 100;
const LONGEST_PAUSE = 1_000;

/** Keeps exactly one HAProxy serving, whoever started it and whichever of the two processes dies. */
export class HaproxySupervisor {
  readonly #program: string;
  readonly #layout: RouterLayout;
  readonly #events: SupervisorEvents;
  readonly #draining = new Set<HaproxySession>();
  #session: HaproxySession | undefined;
  #up = Promise.withResolvers<HaproxySession>();
  /** Starts, adoptions and reloads follow one another. */
  #turn: Promise<unknown> = Promise.resolve();
  #ending = false;
  #settling: NodeJS.Timeout | undefined;
  /** The serving process was found, not started. */
  adopted = false;
  restarts = 0;
  reloads = 0;
  problem: Reason | undefined;

  constructor(program: string, layout: RouterLayout, events: SupervisorEvents) {
    this.#program = program;
    this.#layout = layout;
    this.#events = events;
  }

  get current(): HaproxySession | undefined {
    return this.#session;
  }

  /** Processes that only finish what was open when a reload replaced them. */
  get draining(): ReadonlySet<HaproxySession> {
    return this.#draining;
  }

  /** Adopts the HAProxy that runs, or starts one. Resolves after the first attempt; it goes on trying. */
  async start(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    void this.#inTurn(async () => this.#ensure(resolve));
    await promise;
  }

  /**
   * The process that serves.
   * @param timeout milliseconds to wait for it
   * @throws HaproxyLost when none is up by then
   */
  async session(timeout: number): Promise<HaproxySession> {
    if (this.#session !== undefined) return this.#session;
    const session = await within(timeout, this.#up.promise);
    if (session === undefined) throw new HaproxyLost(this.problem?.message ?? 'HAProxy is not up');
    return session;
  }

  /**
   * Starts a process on the configuration as it is now, which takes over the listeners; the old one finishes what it
   * has open and is in `draining` until it is let go.
   * @throws Error with HAProxy's own words when the configuration does not load; the old one then goes on
   */
  async reload(): Promise<HaproxySession> {
    return this.#inTurn(async () => {
      const old = this.#session;
      const session = await startHaproxy(this.#program, this.#layout, old?.pid);
      this.reloads += 1;
      this.adopted = false;
      if (old !== undefined) this.#drain(old);
      this.#serve(session);
      return session;
    });
  }

  /**
   * Tells every HAProxy to take no new connections, and waits until the last has ended.
   * @param limit milliseconds; what is open then stays so
   */
  async drain(limit: number): Promise<void> {
    this.#ending = true;
    clearTimeout(this.#settling);
    await this.#turn.catch(() => undefined);
    for (const { pid } of await findHaproxies(this.#layout)) signal(pid, 'SIGUSR1');
    const deadline = performance.now() + limit;
    const open = [...(this.#session === undefined ? [] : [this.#session]), ...this.#draining];
    for (const session of open) {
      while (!(await session.isDone().catch(() => true)) && performance.now() < deadline)
        await delay(DRAINING);
    }
  }

  release(session: HaproxySession): void {
    this.#draining.delete(session);
    session.close();
  }

  /** Lets go of HAProxy, which goes on serving. */
  letGo(): void {
    this.#ending = true;
    clearTimeout(this.#settling);
    this.#session?.close();
    for (const session of this.#draining) session.close();
  }

  /** Ends every HAProxy of this configuration: what is open gets a second to finish. */
  async stop(): Promise<void> {
    this.letGo();
    await this.#turn.catch(() => undefined);
    this.letGo();
    for (const [name, patience] of [
      ['SIGUSR1', 1_000],
      ['SIGTERM', 2_000],
      ['SIGKILL', 5_000],
    ] as const) {
      for (const { pid } of await findHaproxies(this.#layout)) signal(pid, name);
      if (await this.#gone(patience)) break;
    }
    for (const socket of [this.#layout.haproxySocket, this.#layout.probeSocket])
      await rm(socket, { force: true });
  }

  async #ensure(attempted: () => void = () => undefined): Promise<void> {
    for (let pause = FIRST_PAUSE; !this.#ending; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      try {
        const found = await this.#adopt();
        const session = found ?? (await startHaproxy(this.#program, this.#layout));
        this.adopted = found !== undefined;
        this.#serve(session);
        this.#events.up(session);
        break;
      } catch (error) {
        this.problem = reason(
          'haproxy_down',
          `HAProxy does not start: ${(error as Error).message}`,
          'sluice doctor',
        );
        attempted();
        await delay(pause);
      }
    }
    attempted();
  }

  /** The process that answers on the socket. What else runs is looked at once it has had the time to start. */
  async #adopt(): Promise<HaproxySession | undefined> {
    const draining = new Set([...this.#draining].map((session) => session.pid));
    const session = await adoptHaproxy(this.#layout, draining);
    if (session !== undefined) {
      this.#settling = setTimeout(() => {
        void this.#inTurn(async () => this.#settle());
      }, SETTLE);
    }
    return session;
  }

  /** After a router that died in the middle of a reload, the process that was starting then may serve by now. */
  async #settle(): Promise<void> {
    const current = this.#session;
    if (this.#ending || current === undefined) return;
    const serving = await HaproxySession.open(this.#layout.haproxySocket).catch(() => undefined);
    if (serving !== undefined && serving.pid !== current.pid) {
      this.#drain(current);
      this.#serve(serving);
      this.#events.up(serving);
    } else {
      serving?.close();
    }
    await retireOthers(this.#layout, this.#session?.pid ?? current.pid);
  }

  #serve(session: HaproxySession): void {
    this.#session = session;
    this.problem = undefined;
    this.#up.resolve(session);
    void session.closed.then(async () => this.#lost(session));
  }

  async #lost(session: HaproxySession): Promise<void> {
    if (this.#ending || this.#session !== session) return;
    this.#session = undefined;
    this.#up = Promise.withResolvers();
    this.restarts += 1;
    this.#events.lost(session);
    await this.#inTurn(async () => {
      if (this.#session === undefined) await this.#ensure();
    });
  }

  #drain(session: HaproxySession): void {
    this.#draining.add(session);
    void this.#forgetOnceGone(session);
  }

  async #forgetOnceGone(session: HaproxySession): Promise<void> {
    await session.closed;
    this.#draining.delete(session);
    this.#events.lost(session);
  }

  async #gone(patience: number): Promise<boolean> {
    const deadline = performance.now() + patience;
    do {
      if ((await findHaproxies(this.#layout)).length === 0) return true;
      await delay(20);
    } while (performance.now() < deadline);
    return false;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}
