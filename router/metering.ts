import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { TrafficCounts } from '../engines/port.ts';
import { HaproxyLost } from './haproxy/runtime-socket.ts';
import type { HaproxySession } from './haproxy/session.ts';
import { Meter, StoredCounts } from './meter.ts';
import { within } from './within.ts';

/** The processes whose statistics are to be read. */
export interface Sessions {
  readonly current: HaproxySession | undefined;
  readonly draining: ReadonlySet<HaproxySession>;
}

/** Milliseconds that counts wait for HAProxy, which takes tens of them for thousands of slots. */
const PATIENCE = 1_500;

/** Reads HAProxy's statistics into the meter, and keeps the totals in a file. */
export class Metering {
  readonly #file: string;
  readonly #meter: Meter;
  readonly #sessions: () => Sessions;
  #saved = '';
  #discarded = false;
  #present: Promise<unknown> = Promise.resolve();
  #next: Promise<TrafficCounts> | undefined;
  #last: TrafficCounts;
  #lastAt = -Infinity;

  private constructor(file: string, meter: Meter, sessions: () => Sessions) {
    this.#file = file;
    this.#meter = meter;
    this.#sessions = sessions;
    this.#last = { fresh: false, releases: meter.counts(Date.now()) };
  }

  /** @param hold see Meter */
  static async open(file: string, sessions: () => Sessions, hold = 0): Promise<Metering> {
    return new Metering(file, new Meter(await readStored(file), hold), sessions);
  }

  /** Looks now. Where HAProxy does not answer soon, the totals of the last look, which are not fresh. */
  async counts(): Promise<TrafficCounts> {
    return (await within(PATIENCE, this.look())) ?? { ...this.#last, fresh: false };
  }

  /** Looks at HAProxy's numbers as they are after this call; callers at one time share a look. */
  async look(): Promise<TrafficCounts> {
    this.#next ??= this.#lookAfterPresent();
    return this.#next;
  }

  get holdsBack(): boolean {
    return this.#meter.holdsBack;
  }

  /** See Meter.origin. */
  get origin(): string {
    return this.#meter.origin;
  }

  /** Somebody else has taken the totals over for good: a later router counts from 0. */
  async discard(): Promise<void> {
    this.#discarded = true;
    await this.#present.catch(() => undefined);
    await rm(this.#file, { force: true });
  }

  /** Milliseconds since the last look ended. */
  get age(): number {
    return performance.now() - this.#lastAt;
  }

  attach(session: HaproxySession, owners: ReadonlyMap<string, string>): void {
    this.#meter.attach(session.identity, owners);
  }

  detach(session: HaproxySession): void {
    this.#meter.detach(session.identity);
  }

  own(session: HaproxySession, slot: string, release: string): void {
    this.#meter.own(session.identity, slot, release);
  }

  /** See Meter.leave. */
  leave(session: HaproxySession, servers: ReadonlyMap<string, ReadonlyMap<string, number>>): void {
    this.#meter.leave(session.identity, servers);
  }

  /** See Meter.left. */
  left(session: HaproxySession, isLeaving: (slot: string, server: string) => boolean): void {
    this.#meter.left(session.identity, isLeaving);
  }

  /** Gives the slot up unless, as of the last look, requests are open in it. */
  disown(session: HaproxySession, slot: string): void {
    if (this.#meter.active(session.identity, slot) === 0) this.#meter.disown(session.identity, slot);
  }

  /** Slots of the process that belong to a release. */
  slots(session: HaproxySession): string[] {
    return [...this.#meter.owners(session.identity).keys()];
  }

  async #lookAfterPresent(): Promise<TrafficCounts> {
    await this.#present.catch(() => undefined);
    this.#next = undefined;
    const look = this.#look();
    this.#present = look;
    return look;
  }

  /**
   * Saves before it tells, so that what was told once never goes back. On a disk that is full it tells all the same, and
   * writes at a later look: a canary that is worse must be seen just then.
   */
  async #look(): Promise<TrafficCounts> {
    const { current, draining } = this.#sessions();
    const [fresh] = await Promise.all([
      current !== undefined && this.#read(current),
      ...[...draining].map(async (session) => this.#read(session)),
    ]);
    const releases = this.#meter.counts(Date.now());
    await this.#save(current?.identity).catch(() => undefined);
    this.#last = { fresh, releases };
    this.#lastAt = performance.now();
    return this.#last;
  }

  /** @returns whether it answered; one that died leaves the totals as they were seen last */
  async #read(session: HaproxySession): Promise<boolean> {
    try {
      const { identity } = session;
      const owners = this.#meter.owners(identity);
      const [slots, latencies] = await Promise.all([session.slots(owners), session.latencies()]);
      const seen = this.#meter.observe(identity, slots, latencies);
      if (seen === 'unsettled') this.#meter.observe(identity, await session.slots(owners));
      return seen !== 'unknown';
    } catch (error) {
      if (error instanceof HaproxyLost) return false;
      throw error;
    }
  }

  async #save(identity: string | undefined): Promise<void> {
    const text = JSON.stringify(this.#meter.stored(identity));
    if (text === this.#saved || this.#discarded) return;
    await writeFile(`${this.#file}.tmp`, text, { mode: 0o600 });
    await rename(`${this.#file}.tmp`, this.#file);
    this.#saved = text;
  }
}

async function readStored(file: string): Promise<StoredCounts | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return StoredCounts.parse(JSON.parse(text));
  } catch {
    // Cut short by a power cut: it is not flushed for each second's numbers. Counting begins again.
    return undefined;
  }
}
