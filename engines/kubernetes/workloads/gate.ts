import { randomBytes } from 'node:crypto';

/**
 * Holds a one-off's command until somebody listens, so that no output is lost: an attach only gets what is written from then
 * on. What is said to the gate comes back on both outputs, and after `go` the command takes the gate's place.
 */
const SCRIPT =
  'while read -r said; do echo "$said"; echo "$said" >&2; case $said in go*) exec "$@";; esac; done; exit 125';

/** @param command argv, or a shell command */
export function gated(command: readonly string[] | string): string[] {
  const argv = typeof command === 'string' ? ['/bin/sh', '-c', command] : command;
  return ['/bin/sh', '-c', SCRIPT, 'gate', ...argv];
}

/** What is said to one gate. */
export interface Words {
  readonly ask: string;
  readonly go: string;
}

export function newWords(): Words {
  const nonce = randomBytes(8).toString('hex');
  return { ask: `ask-${nonce}`, go: `go-${nonce}` };
}

/** Cuts what the gate itself wrote off one output: everything up to the last line of the gate. */
export class GateFilter {
  private readonly words: Words;
  private readonly terminal: boolean;
  private readonly heard: () => void;
  private held: Buffer = Buffer.alloc(0);
  private open = false;
  private wasHeard = false;

  /**
   * @param terminal says each word three times: what was typed, and the gate's answer on both outputs
   * @param heard called when the gate has answered for the first time
   */
  constructor(words: Words, terminal: boolean, heard: () => void) {
    this.words = words;
    this.terminal = terminal;
    this.heard = heard;
  }

  /** @returns what is the command's own */
  push(chunk: Buffer): Buffer {
    if (this.open) return chunk;
    this.held = Buffer.concat([this.held, chunk]);
    if (!this.wasHeard && this.times(this.words.ask).length >= this.each) {
      this.wasHeard = true;
      this.heard();
    }
    const last = this.times(this.words.go)[this.each - 1];
    if (last === undefined) return Buffer.alloc(0);
    this.open = true;
    const rest = this.held.subarray(last);
    this.held = Buffer.alloc(0);
    return rest;
  }

  private get each(): number {
    return this.terminal ? 3 : 1;
  }

  /** Where each whole line of this word ends. */
  private times(word: string): number[] {
    const ends: number[] = [];
    for (let from = this.held.indexOf(word); from !== -1; from = this.held.indexOf(word, from + 1)) {
      const end = this.held.indexOf(10, from);
      if (end !== -1) ends.push(end + 1);
    }
    return ends;
  }
}
