import type { Stage } from '../port.ts';
import type { Trace } from './log/trace.ts';
import type { FileSource } from './session/file-source.ts';
import type { SecretSource } from './session/secret-service.ts';

/** One stage of an attempt as one solve. */
export interface StageSolve {
  readonly stage: Stage;
  /** Name of the Dockerfile, and what is in it. */
  readonly dockerfile: { readonly name: string; readonly text: string };
  readonly context: FileSource;
  /** Names the kept copy of these folders, that only what has changed is sent. */
  readonly sharedKey: string;
  /** Absent: the last stage. */
  readonly target: string | undefined;
  readonly args: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly noCache: boolean;
  readonly secrets: SecretSource;
}

export type SolveResult =
  /** What was made: the same for the same inputs. */
  | { readonly image: string }
  | { readonly error: string }
  /** The signal stopped it; nothing of it runs any more. */
  | { readonly stopped: true };

/** The BuildKit of an engine, which knows where its images go. */
export interface BuildKit {
  /**
   * @param output is awaited before more is read, so a slow reader slows the engine and fills no memory
   * @throws when BuildKit goes away before the solve has ended, and what `output` throws
   */
  solve(
    request: StageSolve,
    signal: AbortSignal,
    output: (traces: readonly Trace[]) => Promise<void>,
  ): Promise<SolveResult>;
}
