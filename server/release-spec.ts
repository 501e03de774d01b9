import { filesOf, fileVariables } from '../core/config/files.ts';
import { type Reason, reason } from '../core/reason.ts';
import type { ProcessSpec, ReleaseSpec } from '../engines/port.ts';
import type { AppRow } from './store/apps.ts';
import type { ReleaseRow } from './store/releases.ts';
import type { Store } from './store/store.ts';

/** A release as the engine must run it: its own image, config version and processes, with today's scale. */
export function releaseSpec(store: Store, domain: string, app: AppRow, release: ReleaseRow): ReleaseSpec {
  const { manifest } = release;
  const { values, entries } = store.configs.at(app, release.config_version);
  const files = filesOf(entries);
  return {
    app: { id: app.id, name: app.name },
    releaseId: release.id,
    releaseNumber: release.number,
    image: release.image,
    user: imageUser(store, release),
    env: {
      ...defaults(release),
      ...fileVariables(files),
      ...values,
      PORT: String(release.port),
      SLUICE_RELEASE: `v${release.number}`,
      ...(release.commit_id === null ? {} : { SLUICE_COMMIT: release.commit_id }),
    },
    files,
    port: release.port,
    host: `${app.name}.${domain}`,
    health: manifest.web.health,
    graceSeconds: manifest.web.graceSeconds,
    processes: processes(store, release),
  };
}

function imageUser(store: Store, { build_id: buildId, image_user: user }: ReleaseRow): string {
  if (user !== null) return user;
  return (buildId === null ? undefined : store.builds.byId(buildId))?.image?.user ?? '';
}

/** As on Heroku: one `web`, and none of the others, until somebody says how many. */
function replicasOf(process: string, scaled: Record<string, number>, asked: Record<string, number>): number {
  return scaled[process] ?? asked[process] ?? (process === 'web' ? 1 : 0);
}

/** How many of a release's `web` are to run; 0 without one, too. */
export function webReplicas(store: Store, { app_id: appId, manifest }: ReleaseRow): number {
  if (manifest.processes['web'] === undefined) return 0;
  return replicasOf('web', store.scale.of(appId), manifest.scale);
}

function processes(store: Store, release: ReleaseRow): ProcessSpec[] {
  const scaled = store.scale.of(release.app_id);
  return Object.entries(release.manifest.processes).map(([type, process]) => ({
    type,
    ...(process.command === undefined ? {} : { command: process.command }),
    replicas: replicasOf(type, scaled, release.manifest.scale),
  }));
}

function defaults(release: ReleaseRow): Record<string, string> {
  return Object.fromEntries(
    Object.entries(release.manifest.env).flatMap(([key, { value }]) =>
      value === undefined ? [] : [[key, value]],
    ),
  );
}

/** Keys that app.json requires and neither the config nor a default gives. */
export function missingConfig(spec: ReleaseSpec, release: ReleaseRow): Reason | undefined {
  const missing = Object.entries(release.manifest.env)
    .filter(([key, { required }]) => required && spec.env[key] === undefined && spec.files[key] === undefined)
    .map(([key]) => key);
  if (missing.length === 0) return undefined;
  return reason(
    'config_missing',
    `app.json requires config that is not set: ${missing.join(', ')}`,
    `sluice config:set -a ${spec.app.name} ${missing.map((key) => `${key}=…`).join(' ')}`,
  );
}
