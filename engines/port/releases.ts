export interface AppRef {
  readonly id: string;
  readonly name: string;
}

/** One release as the engine must run it. Immutable but for `processes[].replicas`. */
export interface ReleaseSpec {
  readonly app: AppRef;
  readonly releaseId: string;
  readonly releaseNumber: number;
  readonly image: string;
  /** USER of the image, '' when it names none: a number, or two (`1000:1000`), where the engine resolves names. */
  readonly user: string;
  /** Config of this release plus PORT, SLUICE_RELEASE, SLUICE_COMMIT. */
  readonly env: Record<string, string>;
  /**
   * Contents by name, in `FILES_FOLDER` (core/config/files.ts) of each replica and one-off: readable by the image's user from
   * its first moment on, also when the engine starts it again by itself; in no image, and shown by no inspection.
   */
  readonly files: Readonly<Record<string, string>>;
  /** Port that `web` must listen on. */
  readonly port: number;
  /** Host that health requests carry: the app's own. */
  readonly host: string;
  readonly health: { readonly path: string; readonly timeoutSeconds: number };
  readonly graceSeconds: number;
  readonly processes: readonly ProcessSpec[];
}

export interface ProcessSpec {
  readonly type: string;
  /** Shell command of the Procfile (run by `/bin/sh -c`); absent: the image's own ENTRYPOINT and CMD. */
  readonly command?: string;
  readonly replicas: number;
}
