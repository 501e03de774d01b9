import type { BuildOutcome, Stage } from '../../port.ts';

/** How a container of the Job ended; `passed`: the next one may begin. */
export type JobEnd = 'passed' | Exclude<BuildOutcome, { result: 'cancelled' }>;

type Said =
  | { readonly log: string }
  | { readonly stage: Stage }
  | { readonly tested: { readonly image: string; readonly cached: boolean } }
  | { readonly end: JobEnd };

/** A line of what a container of the Job writes. */
export type JobRecord = Said & {
  /** From 0, one more each. */
  readonly n: number;
  /** Bytes of `log` before this record. */
  readonly o: number;
};

/** The kubelet keeps lines whole up to 16 KiB. */
const MOST_BYTES = 12 * 1024;
/** Each takes at most six bytes in JSON (`\u001b`). */
const PIECE = 2_000;

/** Writes records, in order. */
export class Recorder {
  private readonly write: (line: string) => Promise<void>;
  private n = 0;
  private o = 0;

  constructor(write: (line: string) => Promise<void>) {
    this.write = write;
  }

  async log(data: string | Uint8Array): Promise<void> {
    let rest = typeof data === 'string' ? data : Buffer.from(data).toString('utf8');
    while (rest !== '') {
      const piece = firstPiece(rest);
      await this.say({ log: piece });
      this.o += Buffer.byteLength(piece);
      rest = rest.slice(piece.length);
    }
  }

  async stage(stage: Stage): Promise<void> {
    await this.say({ stage });
  }

  async say(said: Said): Promise<void> {
    await this.write(`${JSON.stringify({ n: this.n, o: this.o, ...said })}\n`);
    this.n += 1;
  }
}

/** As much as makes a record of a fit size, and no half of a surrogate pair. */
function firstPiece(text: string): string {
  let length = Math.min(text.length, MOST_BYTES);
  while (length > PIECE && Buffer.byteLength(JSON.stringify(text.slice(0, length))) > MOST_BYTES) {
    length = Math.max(PIECE, Math.floor(length / 2));
  }
  const last = text.charCodeAt(length - 1);
  if (length < text.length && last >= 0xd800 && last <= 0xdbff) length -= 1;
  return text.slice(0, length);
}

/** @returns undefined for a line that is no record, such as a warning of Node's */
export function readRecord(line: string): JobRecord | undefined {
  if (!line.startsWith('{"n":')) return undefined;
  try {
    return JSON.parse(line) as JobRecord;
  } catch {
    return undefined;
  }
}
