import { flag } from '../../command.ts';

/** How a change of the config comes to users: options of every command that makes one. */
export const releaseOptions = {
  noRelease: flag('--no-release', 'stage it: the next release takes it'),
  now: flag('--now', 'live as soon as it is healthy, without a canary'),
  detach: flag('--detach', 'end once it is accepted'),
};

export interface ReleaseOptions {
  readonly noRelease: boolean;
  readonly now: boolean;
  readonly detach: boolean;
}

/** The same, as the platform is asked. */
export function asBody({ now, noRelease }: ReleaseOptions): { now: boolean; release?: false } {
  return { now, ...(noRelease ? { release: false } : {}) };
}
