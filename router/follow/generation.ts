import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { writeDurably } from '../durable.ts';

const Stored = z.object({
  generation: z.number().int(),
  installationId: z.string(),
  /** Whether a whole table has come. Earlier versions did not write it, and took any server's word for one. */
  informed: z.boolean().default(true),
});
type Stored = z.infer<typeof Stored>;

/** A server that was replaced, and does not know it yet, speaks to this router. */
class OlderServer extends Error {}

/** The newest server that this router has followed, over its own restarts. */
export class Followed {
  readonly #file: string;
  #newest: Stored | undefined;
  #written: Promise<void> = Promise.resolve();

  private constructor(file: string, newest: Stored | undefined) {
    this.#file = file;
    this.#newest = newest;
  }

  static async open(file: string): Promise<Followed> {
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    });
    return new Followed(file, text === undefined ? undefined : Stored.parse(JSON.parse(text)));
  }

  /** Undefined before the first server. */
  get installationId(): string | undefined {
    return this.#newest?.installationId;
  }

  get isInformed(): boolean {
    return this.#newest?.informed ?? false;
  }

  /** The whole table of a server is what HAProxy answers by. */
  async inform(): Promise<void> {
    if (!this.isInformed) await this.#write((newest) => ({ ...newest, informed: true }));
  }

  /** @throws OlderServer */
  async admit(server: Pick<Stored, 'generation' | 'installationId'>): Promise<void> {
    const newest = this.#newest;
    if (newest !== undefined && newest.installationId !== server.installationId) {
      throw new OlderServer(
        `this is the server of installation ${server.installationId}, the routes here are of ${newest.installationId}`,
      );
    }
    if (newest !== undefined && server.generation < newest.generation) {
      throw new OlderServer(
        `a newer server was followed already (${String(newest.generation)}; this one is ${String(server.generation)})`,
      );
    }
    if (newest?.generation === server.generation) return;
    const { generation, installationId } = server;
    await this.#write((before) => ({ informed: false, ...before, generation, installationId }));
  }

  /** One after the other, so that none undoes another. */
  async #write(change: (newest: Stored | undefined) => Partial<Stored>): Promise<void> {
    const before = this.#written;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#written = promise;
    try {
      await before;
      const stored = Stored.parse(change(this.#newest));
      await writeDurably(this.#file, `${JSON.stringify(stored)}\n`);
      this.#newest = stored;
    } finally {
      resolve();
    }
  }
}
