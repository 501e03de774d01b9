import { FrameSplitter, PktLineError } from './pkt-line.ts';

/** One line of a push: make `ref` be `next`. */
export interface RefCommand {
  readonly ref: string;
  /** What the client saw; zeros when there was none. */
  readonly old: string;
  /** Zeros: delete. */
  readonly next: string;
}

export interface PushCommands {
  readonly commands: readonly RefCommand[];
  readonly capabilities: ReadonlySet<string>;
  /** The client's clone is shallow and it told so. */
  readonly shallow: boolean;
}

export function isZero(oid: string): boolean {
  return /^0+$/.test(oid);
}

/** A push names its refs before it sends a pack; more than this is no push that we know. */
const MAX_COMMAND_BYTES = 2 * 1024 * 1024;
const COMMAND = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) ([^\0\n]+)\n?$/;

/**
 * Reads along the head of what a client sends to `git receive-pack` (gitprotocol-pack, "Reference Update Request"),
 * so that the front knows what is asked before git does.
 */
export class PushCommandsReader {
  readonly #splitter = new FrameSplitter();
  readonly #commands: RefCommand[] = [];
  #capabilities = new Set<string>();
  #shallow = false;
  #bytes = 0;
  #done = false;

  /**
   * Takes the client's bytes until the commands are complete.
   * @returns the commands, once; undefined before and after
   * @throws PktLineError when it is not a push
   */
  push(chunk: Buffer): PushCommands | undefined {
    if (this.#done) return undefined;
    this.#bytes += chunk.length;
    // The pack may begin within this chunk: reading stops at the flush, what follows is not ours to judge.
    try {
      this.#splitter.push(chunk, (payload) => {
        if (this.#done) throw new EndOfCommands();
        if (payload === undefined) this.#done = true;
        else this.#line(payload);
      });
    } catch (error) {
      if (!this.#done) throw error;
    }
    if (!this.#done && this.#bytes > MAX_COMMAND_BYTES)
      throw new PktLineError('the list of refs is too long');
    return this.#done
      ? { commands: this.#commands, capabilities: this.#capabilities, shallow: this.#shallow }
      : undefined;
  }

  #line(payload: Buffer): void {
    const nul = payload.indexOf(0);
    const text = payload.toString('utf8', 0, nul < 0 ? payload.length : nul);
    if (nul >= 0) {
      this.#capabilities = new Set(
        payload
          .toString('utf8', nul + 1)
          .trim()
          .split(' '),
      );
    }
    if (text.startsWith('shallow ')) {
      this.#shallow = true;
      return;
    }
    const [, old, next, ref] = COMMAND.exec(text) ?? [];
    if (old === undefined || next === undefined || ref === undefined) {
      throw new PktLineError('a push command that git does not send');
    }
    this.#commands.push({ ref, old, next });
  }
}

class EndOfCommands extends Error {}
