import type { Reason } from '../../core/reason.ts';
import type { ServiceRef } from './traffic.ts';

/** `starting` until healthy (`web`) or running (others); `failed` never becomes healthy by itself. */
export type ReplicaState = 'starting' | 'ready' | 'unhealthy' | 'stopping' | 'exited' | 'failed';

export interface Replica {
  readonly appId: string;
  readonly releaseId: string;
  readonly process: string;
  /** 1 to n within its process. */
  readonly index: number;
  /** Name of the container or pod, for people. */
  readonly name: string;
  readonly state: ReplicaState;
  /** Where the router reaches it; only `web`, only once it has an address. */
  readonly address?: { readonly host: string; readonly port: number };
  /** Of a cluster, whose EndpointSlices name the same addresses; only `web`. */
  readonly service?: ServiceRef;
  /** Why it is not ready. */
  readonly reason?: Reason;
  readonly restarts: number;
  /** How it last ended by itself, with what it wrote before that; stays there when it runs again. */
  readonly crash?: Reason;
  /** Milliseconds since 1970, when it last started. */
  readonly startedAt?: number;
}

/** What the engine's list says of a replica: not how it is. */
export interface ListedReplica extends Pick<
  Replica,
  'appId' | 'releaseId' | 'process' | 'index' | 'name' | 'address' | 'service'
> {
  readonly running: boolean;
}
