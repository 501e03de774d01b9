import { closeSync, existsSync, fdatasyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Room for the rows and files of many rollbacks, in bytes. */
const SIZE = 16 * 1024 * 1024;
/** It is only filled where so many times its size is free: it must not be what fills the disk. */
const PLENTY = 8;

/**
 * A file that does nothing but keep room on the disk of the journal. On a disk that has become full, letting it go makes
 * room for what must work just then: a rollback, a take-back, an app that is destroyed.
 */
export class Reserve {
  readonly #file: string;
  readonly #free: () => number;

  /** @param free bytes that are free on its disk */
  constructor(file: string, free = () => freeBeside(file)) {
    this.#file = file;
    this.#free = free;
  }

  /** Fills it, unless it is there or room is short. Real bytes, as a file with holes keeps nothing. */
  fill(): void {
    if (existsSync(this.#file) || this.#free() < PLENTY * SIZE) return;
    const file = openSync(this.#file, 'wx', 0o600);
    try {
      const piece = Buffer.alloc(1024 * 1024, 0xa5);
      for (let at = 0; at < SIZE; at += piece.length) writeSync(file, piece);
      fdatasyncSync(file);
    } catch {
      // The disk became full meanwhile: it would only be in the way.
      rmSync(this.#file, { force: true });
    } finally {
      closeSync(file);
    }
  }

  /**
   * Lets it go when less than that is free.
   * @param needed bytes
   */
  makeRoom(needed = SIZE): void {
    if (this.#free() < needed) rmSync(this.#file, { force: true });
  }
}

function freeBeside(file: string): number {
  const { bavail, bsize } = statfsSync(dirname(file));
  return bavail * bsize;
}
