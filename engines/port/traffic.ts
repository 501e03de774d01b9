import type { LatencyCounts } from '../../core/canary/latency.ts';

export interface Route {
  readonly appId: string;
  readonly appName: string;
  /** All hosts of the app, lower case, without ports. */
  readonly hosts: readonly string[];
  /** Weights in parts of 10,000; they add up to 10,000, or the list is empty (no release yet: page 503). */
  readonly releases: readonly RouteRelease[];
  /** Weight 0: stays only so that its open requests can end. */
  readonly maintenance: boolean;
}

export interface RouteRelease {
  readonly releaseId: string;
  readonly weight: number;
  readonly backends: readonly { readonly host: string; readonly port: number }[];
  /** Where a router of a cluster sees by itself which of the backends are there. */
  readonly service?: ServiceRef;
  /** Replicas that went with their node: nothing that is open on them is answered any more, and nothing tells so. */
  readonly lost?: readonly { readonly host: string; readonly port: number }[];
}

/** A Service of a cluster. */
export interface ServiceRef {
  readonly namespace: string;
  readonly name: string;
}

/** Running totals since the router first saw the release; they do not go back when HAProxy or the router restarts. */
export interface ReleaseCounts {
  readonly releaseId: string;
  readonly requests: number;
  readonly errors5xx: number;
  /** Answers that the replica broke off. */
  readonly aborts: number;
  /**
   * Requests for which no replica took a connection, or whose replica broke them off when it was leaving already: among none
   * of the above, as they say nothing about the release. Its replicas may be gone with their node.
   */
  readonly unreached: number;
  /** Requests and upgraded connections open now. */
  readonly active: number;
  /**
   * Answers by the time to their first byte, in the buckets of core/canary/latency.ts. Measured while the app's traffic is
   * split; upgraded and event-stream answers are left out; it is no sample.
   */
  readonly latency: LatencyCounts;
}

export interface TrafficCounts {
  /** false: the proxy could not be asked now, and these are the totals of the last time. That is not "no traffic". */
  readonly fresh: boolean;
  readonly releases: readonly ReleaseCounts[];
}

/** One request of our own to one replica, by the way that users' requests take; not counted as traffic. */
export interface Probe {
  readonly host: string;
  readonly path: string;
  readonly backend: { readonly host: string; readonly port: number };
  /** 1 to 60,000. */
  readonly timeoutMs: number;
}

export interface ProbeResult {
  /** Absent: no answer, or only that of the proxy. */
  readonly status?: number;
  /** The replica took no connection: it may be gone, which says nothing about the release. */
  readonly unreached?: true;
  /** Milliseconds until the answer, or until it was given up. */
  readonly ms: number;
}

export interface Traffic {
  /** Makes one app's route be so; resolves when HAProxy answers by it and it is on disk for a restart. */
  apply(route: Route): Promise<void>;
  remove(appId: string): Promise<void>;
  /** Makes the whole table be so; apps not in it lose their routes. */
  sync(routes: readonly Route[]): Promise<void>;
  counts(): Promise<TrafficCounts>;
  /** @throws when the router or its proxy is not reached, which says nothing about the replica */
  probe(probe: Probe): Promise<ProbeResult>;
}
