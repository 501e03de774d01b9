import { DEFAULT_CANARY, type Manifest } from './manifest.ts';

/** An image that no repository says anything about: its own command as `web`, and every default. */
export const MANIFEST_OF_IMAGE: Manifest = {
  build: { dockerfile: 'Dockerfile', context: '.', args: {} },
  buildTimeoutSeconds: 1_800,
  processes: { web: {} },
  web: { health: { path: '/', timeoutSeconds: 60 }, graceSeconds: 30 },
  scale: {},
  canary: DEFAULT_CANARY,
  env: {},
};
