export type Config = { [key: string]: string };

/** One app of the matrix: its working folder, and what must be live in the end. */
export interface DeployedApp {
  readonly name: string;
  /** Another one after it was destroyed and made again. */
  id: string;
  /** The working folder that is pushed from. */
  path: string;
  wish: Wish;
  config: Config;
  /** Releases that were live when a run had ended, oldest first: what can be gone back to. */
  past: PastRelease[];
}

export interface Wish {
  readonly commit: string;
  readonly token: string;
  /** It walks the steps of a canary. */
  readonly byCanary?: boolean;
}

export interface PastRelease extends Wish {
  readonly release: number;
  readonly config: Config;
}
