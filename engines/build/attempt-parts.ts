import type { BuildObserver, BuildTask } from '../port.ts';
import type { BaseImages } from './base-images.ts';
import type { BuildKit } from './build-kit.ts';
import type { Checkout } from './checkout.ts';
import type { OfferedSecrets } from './offered-secrets.ts';
import type { SyntaxCheck } from './syntax-check.ts';

/** What the stages of one attempt share. */
export interface AttemptParts {
  readonly buildKit: BuildKit;
  readonly syntaxCheck: SyntaxCheck;
  readonly checkout: Checkout;
  readonly bases: BaseImages;
  readonly secrets: OfferedSecrets;
  readonly task: BuildTask;
  readonly observer: Pick<BuildObserver, 'log' | 'stage'>;
  readonly signal: AbortSignal;
  /** How to see all where BuildKit cuts a step's output. */
  readonly wholeLogs: string;
}
