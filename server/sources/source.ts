import type { AppRow } from '../store/apps.ts';

/** What of a linked repository is to be built: a commit, else what a branch or tag is at now, else the deploy branch. */
export interface SourceWish {
  /** A branch or a tag: `main`, or whole as `refs/tags/v2`. */
  readonly ref?: string;
  /** A whole commit id. With `ref` it is what that ref was at when it was asked for. */
  readonly commit?: string;
}

/** Where the commits of an app come from when nobody pushes them. */
export interface Source {
  /**
   * Fetches a commit into the app's own repository, after the checks that a push passes. Harmless when repeated. It is
   * kept there for a while by a hidden ref, so a build must take it in soon.
   * @throws Refusal when the app is linked to nothing, when the repository cannot be reached or has no such commit, or
   *   when the commit would be refused as a push; the signal's reason once it is aborted
   */
  fetch(app: AppRow, wish: SourceWish, signal: AbortSignal): Promise<{ readonly commit: string }>;
}
