import type { GitEnv } from './git.ts';
import type { TreeEntry } from './listing.ts';
import type { FetchLimits } from './submodules/fetch-process.ts';

export interface TreeOptions {
  readonly env: GitEnv;
  readonly submodules: SubmoduleOptions;
  readonly limits: TreeLimits;
  /** Ends the stream and everything behind it. */
  readonly signal?: AbortSignal;
}

/** Over the commit and all its submodules together. */
export interface TreeLimits {
  readonly entries: number;
  readonly expandedBytes: number;
}

/** The files of one repository that go below `prefix` (empty, or ending with a slash). */
export interface TreePart {
  readonly repository: string;
  readonly prefix: Buffer;
  readonly entries: readonly TreeEntry[];
}

export interface SubmoduleOptions {
  /** Folder of the platform for fetched submodules; made when it is missing. */
  readonly cache: string;
  /** SLUICE_SUBMODULE_HOSTS; undefined: any https host whose every address is public. */
  readonly allow: readonly string[] | undefined;
  readonly limits?: Partial<FetchLimits>;
  /** Called before a submodule is asked for on the network, with its path and URL. */
  readonly fetching?: (path: string, url: string) => void;
}
