import type { Reason } from '../../../../core/reason.ts';

/** Ends an attempt as `lost`: what broke is the platform's, and a next attempt may do better. */
export class BuildLost extends Error {
  readonly reason: Reason;

  constructor(reason: Reason) {
    super(reason.message);
    this.name = 'BuildLost';
    this.reason = reason;
  }
}
