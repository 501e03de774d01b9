import { EventEmitter } from 'node:events';
import { type FileHandle, mkdir, open, readdir, rm, stat, truncate } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Redactor } from '../core/redaction/redactor.ts';
import { KeyedLock } from './keyed-lock.ts';
import { LogMark, type Point } from './log-marks.ts';
import type { BuildLogs } from './logs.ts';

const CHUNK = 64 * 1024;
/** Logs kept open for writing. */
const MOST_OPEN = 64;

/** Bytes that are searched for secrets before others have their turn. */
const SLICE = 64 * 1024;

interface Taking extends Point {
  readonly attempt: number;
}

/**
 * Build logs as files, `<build id>.log`, without secrets. Appends of one log happen in order; readers are woken by them.
 * Beside the log of a build that runs is its mark, `<build id>.mark`.
 */
export class FileBuildLogs implements BuildLogs {
  readonly #folder: string;
  readonly #redactorOf: (buildId: string) => Redactor;
  /** Where the logs are that this process has written to; null: no attempt has written. */
  readonly #taking = new Map<string, Taking | null>();
  readonly #lock = new KeyedLock();
  readonly #grown = new EventEmitter().setMaxListeners(0);
  readonly #open = new Map<string, FileHandle>();

  /** @param redactorOf what cuts a build's secrets out; asked for each piece, as secrets change */
  constructor(folder: string, redactorOf: (buildId: string) => Redactor) {
    this.#folder = folder;
    this.#redactorOf = redactorOf;
  }

  async size(buildId: string): Promise<number> {
    return this.#lock.run(buildId, () => this.#size(buildId));
  }

  async append(buildId: string, text: string): Promise<void> {
    if (text.length === 0) return;
    await this.#lock.run(buildId, async () => {
      await this.#point(buildId);
      await this.#write(buildId, this.#redactorOf(buildId).text(text));
    });
  }

  /**
   * Bytes of an attempt's own log, from its byte `at`. What was taken already is skipped, so that they may be sent twice,
   * also at once; bytes that would leave a hole are not taken. Those at the end that may begin a secret are not taken
   * either: they are to be sent again with what follows them, or as the last ones.
   * @param last nothing follows
   * @returns how many of the attempt's bytes were taken in all
   */
  async take(buildId: string, attempt: number, at: number, bytes: Buffer, last: boolean): Promise<number> {
    return this.#lock.run(buildId, async () => {
      const begun = await this.#taken(buildId, attempt);
      if (at > begun.taken) return begun.taken;
      let point = begun;
      let reach = SLICE;
      for (let rest = bytes.subarray(begun.taken - at); rest.length > 0;) {
        const whole = rest.length <= reach;
        const piece = whole ? rest : rest.subarray(0, reach);
        const { out, used, cut } = this.#redactorOf(buildId).pass(piece, point.cut, last && whole);
        if (used > 0) point = await this.#grow(buildId, point, out, { taken: point.taken + used, cut });
        if (whole) break;
        reach = used > 0 ? SLICE : 2 * reach;
        rest = rest.subarray(used);
      }
      return point.taken;
    });
  }

  /** How many bytes of an attempt's own log were taken. */
  async taken(buildId: string, attempt: number): Promise<number> {
    return this.#lock.run(buildId, async () => (await this.#taken(buildId, attempt)).taken);
  }

  /** The attempt is over: what it still might send is not taken up. */
  async endAttempt(buildId: string): Promise<void> {
    await this.rest(buildId);
    await this.#lock.run(buildId, async () => {
      this.#taking.delete(buildId);
      await this.#mark(buildId).remove();
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
      this.#taking.delete(buildId);
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
    await this.endAttempt(buildId);
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

  /** Where an attempt is; at its beginning when it has not written. */
  async #taken(buildId: string, attempt: number): Promise<Taking> {
    const point = await this.#point(buildId);
    if (point?.attempt === attempt) return point;
    return { attempt, taken: 0, cut: 0, size: 0 };
  }

  /**
   * Where the log is, asked before anything is written: a process that died while it wrote may have left a part, which goes.
   */
  async #point(buildId: string): Promise<Taking | null> {
    const known = this.#taking.get(buildId);
    if (known !== undefined) return known;
    const mark = await this.#mark(buildId).read();
    const size = await this.#size(buildId);
    let point: Taking | null = null;
    if (mark !== undefined) {
      const arrived = size >= mark.after.size;
      if (!arrived && size > mark.before.size) await truncate(this.#path(buildId), mark.before.size);
      point = { attempt: mark.attempt, ...(arrived ? mark.after : mark.before) };
    }
    this.#taking.set(buildId, point);
    return point;
  }

  /** First it is said what is to be written, then it is: so what a crash leaves can be told. */
  async #grow(
    buildId: string,
    from: Taking,
    out: Buffer,
    to: { taken: number; cut: number },
  ): Promise<Taking> {
    // Made before the mark that names it.
    await this.#writer(buildId);
    const size = await this.#size(buildId);
    const after = { ...to, size: size + out.length };
    // Should this fail half way, the next one looks again.
    this.#taking.delete(buildId);
    await this.#mark(buildId).write(from.attempt, { taken: from.taken, cut: from.cut, size }, after);
    if (out.length > 0) await this.#write(buildId, out);
    const point = { attempt: from.attempt, ...after };
    this.#taking.set(buildId, point);
    return point;
  }

  #mark(buildId: string): LogMark {
    return new LogMark(`${this.#folder}/${buildId}.mark`);
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
