import { EventEmitter } from 'node:events';
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { KeyedLock } from './keyed-lock.ts';
import type { BuildLogs } from './logs.ts';

const CHUNK = 64 * 1024;
/** Logs kept open for writing. */
const MOST_OPEN = 64;

/** Build logs as files, `<build id>.log`. Appends of one log happen in order; readers are woken by them. */
export class FileBuildLogs implements BuildLogs {
  readonly #folder: string;
  readonly #lock = new KeyedLock();
  readonly #grown = new EventEmitter().setMaxListeners(0);
  readonly #open = new Map<string, FileHandle>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async size(buildId: string): Promise<number> {
    return this.#lock.run(buildId, () => this.#size(buildId));
  }

  async append(buildId: string, bytes: string | Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    await this.#lock.run(buildId, () => this.#write(buildId, bytes));
  }

  /**
   * Bytes that belong at offset `at`: what the log has of them already is skipped, so that they may be sent twice, also at
   * once. Bytes that would leave a hole are not taken.
   * @returns the size of the log now
   */
  async appendAt(buildId: string, at: number, bytes: Uint8Array): Promise<number> {
    return this.#lock.run(buildId, async () => {
      const size = await this.#size(buildId);
      const fresh = at > size ? bytes.subarray(0, 0) : bytes.subarray(size - at);
      if (fresh.length > 0) await this.#write(buildId, fresh);
      return size + fresh.length;
    });
  }

  /** Builds that have a log. */
  async ids(): Promise<string[]> {
    const names = await readdir(this.#folder).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    });
    return names.flatMap((name) => /^([a-z0-9]+)\.log$/.exec(name)?.[1] ?? []);
  }

  /** All logs, with their bytes and when they were written to last (milliseconds since 1970). */
  async list(): Promise<{ id: string; bytes: number; writtenAt: number }[]> {
    const found = await Promise.all(
      (await this.ids()).map(async (id) => {
        const file = await stat(this.#path(id)).catch(() => undefined);
        return file && { id, bytes: file.size, writtenAt: file.mtimeMs };
      }),
    );
    return found.filter((file) => file !== undefined);
  }

  /** No more appends are expected for now: frees the file. */
  async rest(buildId: string): Promise<void> {
    await this.#lock.run(buildId, async () => {
      const file = this.#open.get(buildId);
      this.#open.delete(buildId);
      await file?.close();
    });
  }

  /** Closes all files; an append afterwards opens its own again. */
  async close(): Promise<void> {
    await Promise.all([...this.#open.keys()].map(async (buildId) => this.rest(buildId)));
  }

  read(buildId: string, offset: number, until?: Promise<unknown>): Readable {
    return Readable.from(this.#chunks(buildId, offset, until), { objectMode: false, highWaterMark: CHUNK });
  }

  async remove(buildId: string): Promise<void> {
    await this.rest(buildId);
    await rm(this.#path(buildId), { force: true });
  }

  async *#chunks(
    buildId: string,
    offset: number,
    until: Promise<unknown> | undefined,
  ): AsyncGenerator<Buffer> {
    let ended = until === undefined;
    let wake = (): void => undefined;
    const end = (): void => {
      ended = true;
      wake();
    };
    void until?.then(end, end);
    let grown = false;
    const onGrown = (): void => {
      grown = true;
      wake();
    };
    this.#grown.on(buildId, onGrown);
    let file: FileHandle | undefined;
    try {
      let at = offset;
      for (;;) {
        const last = ended;
        grown = false;
        file ??= await open(this.#path(buildId), 'r').catch(() => undefined);
        for (;;) {
          if (!file) break;
          const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, at);
          if (bytesRead === 0) break;
          at += bytesRead;
          yield buffer.subarray(0, bytesRead);
        }
        if (last) return;
        if (!grown && !ended) await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      this.#grown.off(buildId, onGrown);
      await file?.close();
    }
  }

  async #writer(buildId: string): Promise<FileHandle> {
    const known = this.#open.get(buildId);
    if (known) {
      // The one used last stands last.
      this.#open.delete(buildId);
      this.#open.set(buildId, known);
      return known;
    }
    await mkdir(this.#folder, { recursive: true });
    const file = await open(this.#path(buildId), 'a', 0o600);
    this.#open.set(buildId, file);
    // Nobody says when a rollout has written its last line, so the longest unused one is let go.
    const [oldest] = this.#open.keys();
    if (this.#open.size > MOST_OPEN && oldest !== undefined) void this.rest(oldest).catch(() => undefined);
    return file;
  }

  async #write(buildId: string, bytes: string | Uint8Array): Promise<void> {
    const file = await this.#writer(buildId);
    await file.appendFile(bytes);
    this.#grown.emit(buildId);
  }

  async #size(buildId: string): Promise<number> {
    return (await stat(this.#path(buildId)).catch(() => ({ size: 0 }))).size;
  }

  #path(buildId: string): string {
    return `${this.#folder}/${buildId}.log`;
  }
}
