import type { BuildObserver, BuildTask } from '../../port.ts';
import type { BaseImages } from './base-images.ts';
import type { Checkout } from './checkout.ts';
import type { Engine } from './engine.ts';
import type { SyntaxCheck } from './syntax-check.ts';

/** What the stages of one attempt share. */
export interface AttemptParts {
  readonly engine: Engine;
  readonly syntaxCheck: SyntaxCheck;
  readonly checkout: Checkout;
  readonly bases: BaseImages;
  readonly task: BuildTask;
  readonly observer: BuildObserver;
  readonly signal: AbortSignal;
  /** Takes work that need only be done before the attempt ends. */
  readonly tidy: (work: Promise<unknown>) => void;
}
