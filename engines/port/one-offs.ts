import type { Duplex } from 'node:stream';
import { Refusal, type Reason } from '../../core/reason.ts';
import type { ReasonCode } from '../../core/reasons/reasons.ts';

export interface OneOffCommand {
  /** Names it for ever: a second call with the same key is refused, unless the first is `unbegun`. */
  readonly key: string;
  /**
   * argv, or a shell command string of the Procfile. Of a string `findOneOff` knows how it ended for an hour;
   * of argv nothing is left once its exit code was read.
   */
  readonly command: readonly string[] | string;
  readonly tty: boolean;
  readonly columns?: number;
  readonly rows?: number;
  /** Called when all is prepared, right before the command begins; it does not when this throws. */
  readonly begins?: () => void;
}

export interface OneOff {
  /** Bytes both ways; with a terminal, output is raw, else stdout only is here. */
  readonly stream: Duplex;
  /** stderr when there is no terminal. */
  readonly stderr?: NodeJS.ReadableStream;
  resize(columns: number, rows: number): Promise<void>;
  /** Exit code of the command; 137 when it was killed. */
  readonly exit: Promise<{ code: number; oomKilled: boolean }>;
  kill(): Promise<void>;
}

/** `unbegun`: whoever prepared it is gone and it never began, nor will it: `run` with its key begins it anew. */
export type OneOffState =
  { readonly state: 'running' | 'unbegun' } | { readonly state: 'exited'; readonly code: number };

/** A one-off's command was not begun, and never will be: nothing is in doubt of what it may have changed. */
export class NotBegun extends Refusal {
  constructor(status: number, { code, message, hint, detail }: Reason) {
    super(status, code as ReasonCode, message, hint, detail);
    this.name = 'NotBegun';
  }
}
