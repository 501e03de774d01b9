import type { ReleaseRow } from '../store/releases.ts';

/** How long the release before this one stays warm, in seconds: what was just gone back from is not gone back to. */
export function keepSecondsOf({ rollback_of, manifest }: ReleaseRow): number {
  return rollback_of !== null || manifest.canary === false ? 0 : manifest.canary.keepSeconds;
}
