import { EventEmitter } from 'node:events';
import { type FileHandle, mkdir, open, rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { KeyedLock } from './keyed-lock.ts';
import type { BuildLogs } from './logs.ts';

const CHUNK = 64 * 1024;

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
    await this.#lock.run(buildId, async () => {
      const file = await this.#writer(buildId);
      await file.appendFile(bytes);
    });
    this.#grown.emit(buildId);
  }

  /** No more appends are expected for now: frees the file. */
  async rest(buildId: string): Promise<void> {
    await this.#lock.run(buildId, async () => {
      const file = this.#open.get(buildId);
      this.#open.delete(buildId);
      await file?.close();
    });
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
    void until?.finally(() => {
      ended = true;
      wake();
    });
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
    if (known) return known;
    await mkdir(this.#folder, { recursive: true });
    const file = await open(this.#path(buildId), 'a', 0o600);
    this.#open.set(buildId, file);
    return file;
  }

  async #size(buildId: string): Promise<number> {
    return (await stat(this.#path(buildId)).catch(() => ({ size: 0 }))).size;
  }

  #path(buildId: string): string {
    return `${this.#folder}/${buildId}.log`;
  }
}
