import type { Reason } from '../../core/reason.ts';

/** Ends an attempt as `failed`; thrown inside, turned into the outcome by the runner. */
export class BuildFailure extends Error {
  readonly reason: Reason;

  constructor(reason: Reason) {
    super(reason.message);
    this.name = 'BuildFailure';
    this.reason = reason;
  }
}
