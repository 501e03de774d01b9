import { open, rm } from 'node:fs/promises';
import { z } from 'zod';

const Point = z.object({ taken: z.int(), cut: z.int(), size: z.int() });
const Mark = z.object({ attempt: z.int(), before: Point, after: Point });

/** Where a log is in an attempt's bytes. */
export interface Point {
  /** Bytes of the attempt that were taken. */
  readonly taken: number;
  /** Bytes of the next ones that were cut out already. */
  readonly cut: number;
  /** Bytes of the log. */
  readonly size: number;
}

/** Bytes of a mark: one small write, of which a process that is killed leaves all or nothing. */
const WIDTH = 256;

/**
 * What a log file is about to grow by, written before it does: which of the attempt's bytes that stands for. As bytes are
 * cut out of it, its size does not say so.
 */
export class LogMark {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** undefined: no attempt has written under a mark. */
  async read(): Promise<{ attempt: number; before: Point; after: Point } | undefined> {
    const file = await open(this.#file, 'r').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    });
    if (file === undefined) return undefined;
    try {
      const text = await file.readFile('utf8');
      return text.trim() === '' ? undefined : Mark.parse(JSON.parse(text));
    } finally {
      await file.close();
    }
  }

  async write(attempt: number, before: Point, after: Point): Promise<void> {
    const file = await open(this.#file, 'r+').catch(async () => open(this.#file, 'w+', 0o600));
    try {
      await file.write(JSON.stringify({ attempt, before, after }).padEnd(WIDTH), 0);
    } finally {
      await file.close();
    }
  }

  async remove(): Promise<void> {
    await rm(this.#file, { force: true });
  }
}
