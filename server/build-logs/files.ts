import { type FileHandle, mkdir, open, readdir, rm, stat, truncate } from 'node:fs/promises';

/** Logs kept open for writing. */
const MOST_OPEN = 64;

/** A file a log, `<build id>.log`; a few are open for writing. Whoever writes takes turns. */
export class LogFiles {
  readonly #folder: string;
  /** The one used last stands last. */
  readonly #open = new Map<string, FileHandle>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  path(id: string): string {
    return `${this.#folder}/${id}.log`;
  }

  /** Bytes; 0 when there is none. */
  async size(id: string): Promise<number> {
    return (await stat(this.path(id)).catch(() => ({ size: 0 }))).size;
  }

  /**
   * Makes it, and readies it for writing.
   * @returns another log, used longest ago, that is to be closed, as nobody says when a rollout has written its last line
   */
  async open(id: string): Promise<string | undefined> {
    const known = this.#open.get(id);
    if (known) {
      this.#open.delete(id);
      this.#open.set(id, known);
      return undefined;
    }
    await mkdir(this.#folder, { recursive: true });
    this.#open.set(id, await open(this.path(id), 'a', 0o600));
    const [oldest] = this.#open.keys();
    return this.#open.size > MOST_OPEN ? oldest : undefined;
  }

  /** To one that is open. */
  async append(id: string, bytes: string | Uint8Array): Promise<void> {
    const file = this.#open.get(id);
    if (file === undefined) throw new Error(`the log of build ${id} is not open`);
    await file.appendFile(bytes);
  }

  async cutTo(id: string, bytes: number): Promise<void> {
    await truncate(this.path(id), bytes);
  }

  async close(id: string): Promise<void> {
    const file = this.#open.get(id);
    this.#open.delete(id);
    await file?.close();
  }

  /** Those that are open. */
  opened(): string[] {
    return [...this.#open.keys()];
  }

  async remove(id: string): Promise<void> {
    await rm(this.path(id), { force: true });
  }

  /** Builds that have a log. */
  async ids(): Promise<string[]> {
    const names = await readdir(this.#folder).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    });
    return names.flatMap((name) => /^([a-z0-9]+)\.log$/.exec(name)?.[1] ?? []);
  }

  /** With their bytes and when they were written to last (milliseconds since 1970). */
  async list(): Promise<{ id: string; bytes: number; writtenAt: number }[]> {
    const found = await Promise.all(
      (await this.ids()).map(async (id) => {
        const file = await stat(this.path(id)).catch(() => undefined);
        return file && { id, bytes: file.size, writtenAt: file.mtimeMs };
      }),
    );
    return found.filter((file) => file !== undefined);
  }
}
