import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { RouteBody } from '../core/contracts/router.ts';
import { z } from 'zod';
import { renderMap, renderSlot } from './config/slot.ts';
import { syncFolder, writeDurably } from './durable.ts';
import type { RouterLayout } from './layout.ts';
import type { Desired } from './routing/picture.ts';
import { slotName } from './routing/table.ts';
import type { Entry, Table } from './routing/table.ts';

const StoredEntry = z.object({ route: RouteBody, slots: z.record(z.string(), z.string()) });

/** Files written at the same time. */
const SIDE_BY_SIDE = 16;

/**
 * The table on disk: one file an app (the truth), and what HAProxy loads when it starts (made of it: one file a
 * slot, and the two maps). Everything is written before HAProxy is told.
 */
export class RouteStore {
  readonly #layout: RouterLayout;
  /** path → what it holds, so that only what changes is written. */
  readonly #written = new Map<string, string>();
  slotCount = 0;

  constructor(layout: RouterLayout) {
    this.#layout = layout;
  }

  /**
   * Reads the table, and writes what HAProxy loads anew where it differs: a router that was killed half way through
   * a change, or a power cut, may have left it behind.
   * @param slots how many there are at least
   */
  async open(slots: number): Promise<Map<string, Entry>> {
    for (const folder of [this.#layout.folder, this.#layout.run])
      await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const folder of [this.#layout.slots, this.#layout.routes]) await mkdir(folder, { recursive: true });
    const table = await this.#readTable();
    const files = await readdir(this.#layout.slots);
    for (const file of files) {
      const path = `${this.#layout.slots}/${file}`;
      if (file.endsWith('.cfg')) this.#written.set(path, await readFile(path, 'utf8'));
      // Half written when a router was killed.
      else await rm(path);
    }
    this.slotCount = Math.max(slots, files.filter((file) => file.endsWith('.cfg')).length);
    return table;
  }

  /** Names of all slots. */
  slots(): string[] {
    return Array.from({ length: this.slotCount }, (_, index) => slotName(index + 1));
  }

  /** Writes the entries of `changed` apps as `table` has them (or removes them), then what HAProxy loads. */
  async save(table: Table, changed: Iterable<string>, desired: Desired): Promise<void> {
    await sideBySide([...changed], async (appId) => {
      const path = `${this.#layout.routes}/${appId}.json`;
      const entry = table.get(appId);
      if (entry === undefined) await this.#remove(path);
      else await this.#write(path, `${JSON.stringify(entry)}\n`);
    });
    await this.saveConfig(desired);
  }

  /** Writes what HAProxy loads when it starts. Slots first: a map must never name one that is not there. */
  async saveConfig(desired: Desired): Promise<void> {
    await sideBySide(this.slots(), async (slot) =>
      this.#write(this.#slotFile(slot), renderSlot(slot, desired.slots.get(slot) ?? new Map())),
    );
    await this.#write(`${this.#layout.folder}/routes.map`, renderMap(desired.routes));
    await this.#write(`${this.#layout.folder}/hosts.map`, renderMap(desired.hosts));
  }

  /** Takes the slots above `count` away again, after a reload that did not work. */
  async shrink(count: number): Promise<void> {
    const tooMany = this.slots().slice(count);
    await sideBySide(tooMany, async (slot) => this.#remove(this.#slotFile(slot)));
    this.slotCount = count;
  }

  async #readTable(): Promise<Map<string, Entry>> {
    const table = new Map<string, Entry>();
    for (const file of await readdir(this.#layout.routes)) {
      const path = `${this.#layout.routes}/${file}`;
      if (!file.endsWith('.json')) {
        await rm(path);
        continue;
      }
      const text = await readFile(path, 'utf8');
      const entry = StoredEntry.parse(JSON.parse(text));
      table.set(entry.route.appId, entry);
      this.#written.set(path, text);
    }
    return table;
  }

  async #write(path: string, text: string): Promise<void> {
    if (this.#written.get(path) === text) return;
    this.#written.delete(path);
    await writeDurably(path, text);
    this.#written.set(path, text);
  }

  async #remove(path: string): Promise<void> {
    if (!this.#written.delete(path)) return;
    await rm(path, { force: true });
    await syncFolder(path.slice(0, path.lastIndexOf('/')));
  }

  #slotFile(slot: string): string {
    return `${this.#layout.slots}/${slot}.cfg`;
  }
}

async function sideBySide<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(SIDE_BY_SIDE, items.length) }, worker));
}
