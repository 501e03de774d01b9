import { readFile, rename, writeFile } from 'node:fs/promises';
import type { ReleaseCounts } from '../engines/port.ts';
import { HaproxyLost } from './haproxy/runtime-socket.ts';
import type { HaproxySession } from './haproxy/session.ts';
import { Meter, StoredCounts } from './meter.ts';

/** The processes whose statistics are to be read. */
export interface Sessions {
  readonly current: HaproxySession | undefined;
  readonly draining: ReadonlySet<HaproxySession>;
}

/** Reads HAProxy's statistics into the meter, and keeps the totals in a file. */
export class Metering {
  readonly #file: string;
  readonly #meter: Meter;
  readonly #sessions: () => Sessions;
  #saved = '';
  #saving: Promise<void> = Promise.resolve();

  private constructor(file: string, meter: Meter, sessions: () => Sessions) {
    this.#file = file;
    this.#meter = meter;
    this.#sessions = sessions;
  }

  static async open(file: string, sessions: () => Sessions): Promise<Metering> {
    return new Metering(file, new Meter(await readStored(file)), sessions);
  }

  /** Looks now, and saves before it tells, so that what was told once never goes back. */
  async look(): Promise<ReleaseCounts[]> {
    const { current, draining } = this.#sessions();
    const all = current === undefined ? [...draining] : [current, ...draining];
    await Promise.all(all.map(async (session) => this.#read(session)));
    const counts = this.#meter.counts(Date.now());
    this.#saving = this.#saving.then(async () => this.#save(current?.identity));
    await this.#saving;
    return counts;
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

  /** Gives the slot up unless, as of the last look, requests are open in it. */
  disown(session: HaproxySession, slot: string): void {
    if (this.#meter.active(session.identity, slot) === 0) this.#meter.disown(session.identity, slot);
  }

  /** Slots of the process that belong to a release. */
  slots(session: HaproxySession): string[] {
    return [...this.#meter.owners(session.identity).keys()];
  }

  isIdle(session: HaproxySession): boolean {
    return this.#meter.activeInAll(session.identity) === 0;
  }

  async #read(session: HaproxySession): Promise<void> {
    try {
      this.#meter.observe(session.identity, await session.backends());
    } catch (error) {
      // It died: what it had open is gone, and the totals stay as they were seen last.
      if (!(error instanceof HaproxyLost)) throw error;
    }
  }

  async #save(identity: string | undefined): Promise<void> {
    const text = JSON.stringify(this.#meter.stored(identity));
    if (text === this.#saved) return;
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
