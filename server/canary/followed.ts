import type { CanaryProgress } from '../../core/canary/progress.ts';
import type { CanaryPolicy } from '../../core/manifest/manifest.ts';
import type { Reason } from '../../core/reason.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What the watch must know of a canary; the controller says it at each of its looks. */
export interface Followed {
  readonly rolloutId: string;
  readonly appId: string;
  /** `web` is compared by requests; without it there is only whether processes stay up. */
  readonly kind: 'web' | 'workers';
  /** Release ids. */
  readonly canary: string;
  readonly stable: string;
  readonly policy: CanaryPolicy;
  /** Counts from 0. */
  readonly stepIndex: number;
  /** Parts of 10,000 that the router gives it now. */
  readonly weight: number;
  /** None of its replicas answers, so that the router gives it nothing, whatever its weight. */
  readonly away: boolean;
  /** Paused, or held for a person: goes back when it is worse, never on. */
  readonly waits: boolean;
  /** Time waited for requests when a person last let it go on though too few requests came, in milliseconds. */
  readonly resumedAtMs?: number | undefined;
  /** Restarts of all replicas since they were made. */
  readonly restarts: { readonly canary: number; readonly stable: number };
  /** How one of the canary's replicas last ended by itself. */
  readonly crash?: Reason | undefined;
  readonly probe: {
    readonly host: string;
    readonly path: string;
    readonly canary: readonly Address[];
    readonly stable: readonly Address[];
  };
  /** Of the journal; only taken when the watch knows nothing yet. */
  readonly progress: CanaryProgress | null;
  /** Names for people, such as `v12`. */
  readonly names: { readonly canary: string; readonly stable: string };
  /** Says a line to those who follow it. */
  readonly tell: (text: string) => void;
}
