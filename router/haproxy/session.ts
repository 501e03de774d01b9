import { HOSTS_MAP, ROUTES_MAP } from '../layout.ts';
import { note } from '../routing/plan.ts';
import type { Change } from '../routing/plan.ts';
import type { Actual } from '../routing/picture.ts';
import {
  readSlots,
  readInfo,
  readLatencies,
  readMap,
  readOpen,
  readServers,
  SHOW_SERVERS,
  SHOW_SLOTS,
  SHOW_LATENCY,
} from './answers.ts';
import type { SlotStat, LatencyStat } from './answers.ts';
import { commandOf, resultOf } from './commands.ts';
import { RuntimeSocket } from './runtime-socket.ts';
import { within } from '../within.ts';

/** Commands sent ahead of their answers. */
const AHEAD = 64;

/** Milliseconds without an answer after which HAProxy counts as hanging. Its slowest answers take tens of them. */
const ANSWER = 3_000;

/** HAProxy answered something else than expected: what is known of it is no longer right. */
export class CommandRefused extends Error {}

/** One running HAProxy process, and what it is known to hold. */
export class HaproxySession {
  readonly pid: number;
  readonly version: string;
  /** No other process, before or after, has it. */
  readonly identity: string;
  readonly #runtime: RuntimeSocket;
  #actual: Actual | undefined;

  private constructor(runtime: RuntimeSocket, info: ReadonlyMap<string, string>) {
    this.#runtime = runtime;
    this.pid = Number(info.get('Pid'));
    this.version = info.get('Version') ?? '';
    this.identity = `${String(this.pid)}-${info.get('Start_time_sec') ?? ''}`;
  }

  /** @throws HaproxyLost when no HAProxy answers on the socket */
  static async open(path: string): Promise<HaproxySession> {
    const runtime = await RuntimeSocket.open(path, ANSWER);
    return new HaproxySession(runtime, readInfo(await runtime.send('show info')));
  }

  /** Resolves when the process, or the connection to it, is gone. */
  get closed(): Promise<void> {
    return this.#runtime.closed;
  }

  /** What it holds: read once, then kept up to date by the changes made. */
  async actual(): Promise<Actual> {
    if (this.#actual === undefined) {
      const [hosts, routes, slots] = await Promise.all([
        this.#runtime.send(`show map ${HOSTS_MAP}`),
        this.#runtime.send(`show map ${ROUTES_MAP}`),
        this.#runtime.send('show servers state'),
      ]);
      this.#actual = { hosts: readMap(hosts), routes: readMap(routes), slots: readServers(slots) };
    }
    return this.#actual;
  }

  /**
   * Makes changes, in their order.
   * @throws CommandRefused when HAProxy holds something else than was known; the next `actual` reads it anew
   */
  async make(changes: readonly Change[]): Promise<void> {
    const actual = await this.actual();
    for (let from = 0; from < changes.length; from += AHEAD) {
      const batch = changes.slice(from, from + AHEAD);
      const answers = await Promise.all(batch.map(async (change) => this.#runtime.send(commandOf(change))));
      for (const [index, change] of batch.entries()) {
        const result = resultOf(change, answers[index] ?? '');
        if (result === 'done') note(actual, change);
        else if (result !== 'busy') {
          this.#actual = undefined;
          throw new CommandRefused(`HAProxy refused "${commandOf(change)}": ${result.refused}`);
        }
      }
    }
  }

  /** slot → what it has counted; without `wanted`, of all slots. */
  async slots(wanted?: ReadonlyMap<string, unknown>): Promise<Map<string, SlotStat>> {
    return readSlots(await this.#runtime.send(SHOW_SLOTS), wanted);
  }

  /** slot → server → requests that are open on it. */
  async open(): Promise<Map<string, Map<string, number>>> {
    return readOpen(await this.#runtime.send(SHOW_SERVERS));
  }

  /** slot → its answers by the time to their first byte. */
  async latencies(): Promise<Map<string, LatencyStat>> {
    return readLatencies(await this.#runtime.send(SHOW_LATENCY));
  }

  /** It takes no connections any more and has none left, so nothing of it will ever be counted again. */
  async isDone(): Promise<boolean> {
    const info = readInfo(await this.#runtime.send('show info'));
    return info.get('Stopping') === '1' && info.get('CurrConns') === '0';
  }

  /**
   * Does it answer at all?
   * @param limit milliseconds that it may take
   */
  async isAnswering(limit: number): Promise<boolean> {
    const answer = this.#runtime.send('show version').then(
      () => true,
      () => false,
    );
    return (await within(limit, answer)) === true;
  }

  /** Lets go of the process, which goes on; one that is stopping may then end. */
  close(): void {
    this.#runtime.close();
  }
}
