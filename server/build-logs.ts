import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import type { Redactor } from '../core/redaction/redactor.ts';
import { LogFiles } from './build-logs/files.ts';
import { CHUNK, follow } from './build-logs/follow.ts';
import { LogMark, type Point } from './build-logs/mark.ts';
import { KeyedLock } from './keyed-lock.ts';
import type { BuildLogs } from './logs.ts';

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
  readonly #files: LogFiles;
  readonly #redactorOf: (buildId: string) => Redactor;
  /** Where the logs are that this process has written to; null: no attempt has written. */
  readonly #taking = new Map<string, Taking | null>();
  readonly #lock = new KeyedLock();
  readonly #grown = new EventEmitter().setMaxListeners(0);

  /** @param redactorOf what cuts a build's secrets out; asked for each piece, as secrets change */
  constructor(folder: string, redactorOf: (buildId: string) => Redactor) {
    this.#folder = folder;
    this.#files = new LogFiles(folder);
    this.#redactorOf = redactorOf;
  }

  async size(buildId: string): Promise<number> {
    return this.#lock.run(buildId, () => this.#files.size(buildId));
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
    return this.#files.ids();
  }

  /** All logs, with their bytes and when they were written to last (milliseconds since 1970). */
  async list(): Promise<{ id: string; bytes: number; writtenAt: number }[]> {
    return this.#files.list();
  }

  /** No more appends are expected for now: frees the file. */
  async rest(buildId: string): Promise<void> {
    await this.#lock.run(buildId, async () => {
      this.#taking.delete(buildId);
      await this.#files.close(buildId);
    });
  }

  /** Closes all files; an append afterwards opens its own again. */
  async close(): Promise<void> {
    await Promise.all(this.#files.opened().map(async (buildId) => this.rest(buildId)));
  }

  read(buildId: string, offset: number, until?: Promise<unknown>): Readable {
    const chunks = follow(this.#files.path(buildId), offset, this.#grown, buildId, until);
    return Readable.from(chunks, { objectMode: false, highWaterMark: CHUNK });
  }

  async remove(buildId: string): Promise<void> {
    await this.endAttempt(buildId);
    await this.#files.remove(buildId);
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
    const size = await this.#files.size(buildId);
    let point: Taking | null = null;
    if (mark !== undefined) {
      const arrived = size >= mark.after.size;
      if (!arrived && size > mark.before.size) await this.#files.cutTo(buildId, mark.before.size);
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
    await this.#openFile(buildId);
    const size = await this.#files.size(buildId);
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
    await this.#openFile(buildId);
    await this.#files.append(buildId, bytes);
    this.#grown.emit(buildId);
  }

  async #openFile(buildId: string): Promise<void> {
    const idle = await this.#files.open(buildId);
    if (idle !== undefined) void this.rest(idle).catch(() => undefined);
  }
}
