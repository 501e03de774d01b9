import { type CanaryPolicy, DEFAULT_CANARY, type Manifest } from '../../core/manifest/manifest.ts';

/** What the process of bench/fleet/server.ts is started with. */
export interface Fleet {
  readonly dataFolder: string;
  readonly apps: number;
  /** Ports on loopback where every stable release, and every canary, answers. */
  readonly stable: number;
  readonly canary: number;
}

/** What that process is told. */
export type Order = { readonly minRequests: number } | 'stop';

/** What it says: once all canaries are under watch, and then each second; running totals. */
export interface Telling {
  readonly looks: number;
  readonly probes: number;
  readonly transactions: number;
}

/** One step that nobody passes while this is measured, so that all canaries stay under watch. */
export const POLICY: CanaryPolicy = { ...DEFAULT_CANARY, steps: [50], bakeSeconds: 86_400 };

export const MANIFEST: Manifest = {
  build: { dockerfile: 'Dockerfile', context: '.', args: {} },
  buildTimeoutSeconds: 600,
  processes: { web: {} },
  web: { health: { path: '/', timeoutSeconds: 60 }, graceSeconds: 5 },
  scale: {},
  canary: POLICY,
  env: {},
};

export function appName(index: number): string {
  return `app-${index}`;
}
