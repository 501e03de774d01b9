import type { Logger } from 'pino';
import type { z } from 'zod';
import type { Until } from '../../core/contracts/internal.ts';
import type { Check } from '../../core/contracts/resources.ts';
import type { Workloads } from '../../engines/port.ts';
import type { BuildLogs } from '../logs.ts';
import type { RateLimitPolicy } from './limits/rate-limits.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Operations } from '../operations/operations.ts';
import type { KeyRotation } from '../platform/key-rotation.ts';
import type { Resolve } from '../hosts/resolve.ts';
import type { AllowedHosts } from '../sources/address.ts';
import type { LinkedSource } from '../sources/linked-source.ts';
import type { Store } from '../store/store.ts';

/** What the API says about the installation. */
export interface PlatformFacts {
  readonly version: string;
  readonly domain: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly sshHost: string;
  readonly sshPort: number;
  /** What the addresses of web hooks begin with; '' where the platform does not know how it is reached. */
  readonly hooksUrl: string;
  /** Builds that may run at once. */
  readonly buildSlots: number;
  /** `SHA256:…` of the SSH front's host key. */
  hostKeyFingerprint(): Promise<string>;
}

/** What the public API works on. */
export interface ApiDeps {
  readonly store: Store;
  readonly operations: Operations;
  readonly rotation: Pick<KeyRotation, 'state' | 'rotate'>;
  readonly workloads: Workloads;
  readonly buildLogs: BuildLogs;
  readonly describe: PlatformFacts;
  /** Works on what hooks brought. */
  readonly deliveries: { wake(appId: string): void };
  readonly doctor: () => Promise<z.infer<typeof Check>[]>;
  /** Settles when the build, or with `live` its rollout, has ended, or when the signal says that nobody waits. */
  readonly followEnd: (buildId: string, until: Until, signal: AbortSignal) => Promise<unknown>;
  readonly rateLimits: RateLimitPolicy;
  /** CIDRs of proxies before the TCP port whose X-Forwarded-For counts. */
  readonly proxies: readonly string[];
  readonly metrics: Metrics;
  /** SLUICE_METRICS_TOKEN. */
  readonly metricsToken: string | undefined;
  /** What is fetched from the linked repository. */
  readonly source: Pick<LinkedSource, 'fetch' | 'look'>;
  /** Told that there is something to send. */
  readonly outgoing: { wake(): void };
  /** Which hosts people may have the platform ask. */
  readonly hosts: AllowedHosts & { readonly resolve: Resolve };
  readonly log: Logger;
}
