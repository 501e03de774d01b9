import type { CanaryPolicy, Manifest } from '../../../../core/manifest/manifest.ts';
import { DEFAULT_CANARY } from '../../../../core/manifest/manifest.ts';
import type { AppRow } from '../../../../server/store/apps.ts';
import type { BuildRow } from '../../../../server/store/builds.ts';
import type { PersonRow } from '../../../../server/store/people.ts';
import type { ReleaseRow } from '../../../../server/store/releases.ts';
import type { Store } from '../../../../server/store/store.ts';

export const COMMIT = '1a2b3c4d'.repeat(5);

const MANIFEST: Manifest = {
  build: { dockerfile: 'Dockerfile', context: '.', args: {} },
  buildTimeoutSeconds: 600,
  processes: { web: {}, worker: { command: 'node worker.js' } },
  web: { health: { path: '/', timeoutSeconds: 60 }, graceSeconds: 30 },
  scale: { worker: 2 },
  canary: DEFAULT_CANARY,
  env: {},
};

export function makeBuild(
  store: Store,
  app: AppRow,
  {
    person,
    commit = COMMIT,
    source = 'push',
    note,
  }: { person: PersonRow; commit?: string; source?: 'push' | 'api'; note?: string },
): BuildRow {
  return store.builds.create({
    id: store.builds.newId(),
    appId: app.id,
    number: store.apps.takeBuildNumber(app.id),
    commit,
    branch: 'main',
    source,
    personId: person.id,
    manifest: MANIFEST,
    options: {
      wait: 'live',
      detach: false,
      now: false,
      noCache: false,
      supersede: false,
      ...(note === undefined ? {} : { reason: note }),
    },
  });
}

interface ReleaseOptions {
  readonly person: PersonRow;
  readonly build?: BuildRow;
  readonly source?: ReleaseRow['source'];
  readonly configVersion?: number;
  readonly rollbackOf?: number;
  readonly live?: boolean;
  readonly image?: string;
  readonly canary?: CanaryPolicy | false;
}

export function makeRelease(store: Store, app: AppRow, options: ReleaseOptions): ReleaseRow {
  const {
    person,
    build,
    source = 'build',
    configVersion = 0,
    rollbackOf,
    live = false,
    image = 'sha256:abc',
    canary = false,
  } = options;
  const release = store.releases.create({
    app_id: app.id,
    number: store.apps.takeReleaseNumber(app.id),
    build_id: build?.id ?? null,
    commit_id: build?.commit_id ?? null,
    image,
    port: 8080,
    manifest: MANIFEST,
    config_version: configVersion,
    source,
    description: `made by ${source}`,
    rollback_of: rollbackOf ?? null,
    person_id: person.id,
  });
  const rollout = store.rollouts.create({
    appId: app.id,
    releaseId: release.id,
    targetId: app.target_id,
    buildId: build?.id ?? null,
    previousReleaseId: app.live_release_id,
    plan: { canary, releasePhase: false },
  });
  if (live) {
    store.rollouts.move(rollout.id, 'promote');
    store.rollouts.move(rollout.id, 'finish');
    store.apps.setLive(app.id, release.id);
  }
  return release;
}
