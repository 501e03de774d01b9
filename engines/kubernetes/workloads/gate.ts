import { randomBytes } from 'node:crypto';

/**
 * Holds a one-off's command until somebody listens, so that no output is lost: an attach only gets what is written from then
 * on. What is said to the gate comes back on both outputs, and `go` lets the command begin.
 *
 * An attach also ends with its container, and what was not yet on its way then is gone. So the gate says when the command
 * has ended, and with what, and stays a while: whoever has heard it has heard everything.
 */
const SCRIPT = [
  'while read -r said; do echo "$said"; echo "$said" >&2',
  'case $said in go*)',
  // What ends the command does not end the gate before it has said so.
  'trap : INT TERM; "$@"; code=$?; end="end${said#go} $code;"',
  '[ -t 1 ] || printf %s "$end" >&2; printf %s "$end"',
  'if [ "$code" -lt 128 ]; then sleep 10; else sleep 1; fi; exit "$code";;',
  'esac; done; exit 125',
].join('\n');

/** Tells the command to end: of what a container is told only its first process hears, which is the gate. */
export const END_COMMAND = ['/bin/sh', '-c', 'kill -TERM -1'];

/** @param command argv, or a shell command */
export function gated(command: readonly string[] | string): string[] {
  const argv = typeof command === 'string' ? ['/bin/sh', '-c', command] : command;
  return ['/bin/sh', '-c', SCRIPT, 'gate', ...argv];
}

/** What is said to one gate. */
export interface Words {
  readonly ask: string;
  readonly go: string;
  /** What stands before the exit code. */
  readonly end: string;
}

export function newWords(): Words {
  const nonce = randomBytes(8).toString('hex');
  return { ask: `ask-${nonce}`, go: `go-${nonce}`, end: `end-${nonce} ` };
}

/** Cuts what the gate itself wrote off one output: everything up to its last line before the command, and after it. */
export class GateFilter {
  private readonly words: Words;
  private readonly terminal: boolean;
  private readonly heard: () => void;
  private readonly ended: (code: number) => void;
  private held: Buffer = Buffer.alloc(0);
  private open = false;
  private wasHeard = false;

  /**
   * @param terminal says each word three times: what was typed, and the gate's answer on both outputs
   * @param heard called when the gate has answered for the first time
   * @param ended called with the command's exit code, after which nothing comes
   */
  constructor(words: Words, terminal: boolean, heard: () => void, ended: (code: number) => void) {
    this.words = words;
    this.terminal = terminal;
    this.heard = heard;
    this.ended = ended;
  }

  /** @returns what is the command's own */
  push(chunk: Buffer): Buffer {
    if (this.open) return this.untilEnd(chunk);
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
    return this.untilEnd(rest);
  }

  /** What was kept back as it could have been the beginning of the gate's last word, and was the command's. */
  rest(): Buffer {
    const rest = this.open ? this.held : Buffer.alloc(0);
    this.held = Buffer.alloc(0);
    return rest;
  }

  private untilEnd(chunk: Buffer): Buffer {
    const { end } = this.words;
    const all = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
    const at = all.indexOf(end);
    const own = at === -1 ? all.length - beginningOf(end, all) : at;
    this.held = all.subarray(own);
    const code = at === -1 ? undefined : /^(\d+);/.exec(this.held.toString('latin1').slice(end.length))?.[1];
    if (code !== undefined) {
      this.held = Buffer.alloc(0);
      this.ended(Number(code));
    }
    return all.subarray(0, own);
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

/** How many bytes at the end of `all` could be the beginning of a word. */
function beginningOf(word: string, all: Buffer): number {
  for (let length = Math.min(word.length - 1, all.length); length > 0; length -= 1) {
    if (all.subarray(all.length - length).equals(Buffer.from(word.slice(0, length)))) return length;
  }
  return 0;
}
