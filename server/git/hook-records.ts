import type { RefCommand } from './push-commands.ts';

/** What pre-receive tells (the protocol stands in hooks.ts). */
export interface HookRecords {
  readonly objectDirectory: string;
  readonly alternates: string;
  readonly options: readonly string[];
  readonly commands: readonly RefCommand[];
}

/** More than any push that we accept. */
const MAX_BYTES = 8 * 1024 * 1024;

/** Reads the records of pre-receive as they come. */
export class HookRecordsReader {
  #chunks: Buffer[] = [];
  #bytes = 0;
  #ends = 0;
  #lastNul = true;
  #fields = 0;

  /** @returns the records once the second empty one has come @throws RangeError when they are too long */
  push(chunk: Buffer): HookRecords | undefined {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_BYTES) throw new RangeError('the hook sent too much');
    for (const byte of chunk) {
      if (byte !== 0) {
        this.#lastNul = false;
        continue;
      }
      // The first two fields may be empty; after them an empty record ends a list.
      if (this.#fields >= 2 && this.#lastNul) this.#ends += 1;
      this.#fields += 1;
      this.#lastNul = true;
    }
    return this.#ends < 2 ? undefined : this.#parse();
  }

  #parse(): HookRecords {
    const [objectDirectory = '', alternates = '', ...rest] = Buffer.concat(this.#chunks)
      .toString('utf8')
      .split('\0');
    const end = rest.indexOf('');
    return {
      objectDirectory,
      alternates,
      options: rest.slice(0, end).map((option) => option.slice(1)),
      commands: rest
        .slice(end + 1)
        .filter((line) => line !== '')
        .map((line) => {
          const [old = '', next = '', ...ref] = line.split(' ');
          return { old, next, ref: ref.join(' ') };
        }),
    };
  }
}
