import { type PinnedReference, pinnedReference } from '../../core/image-reference.ts';
import { MANIFEST_OF_IMAGE } from '../../core/manifest/of-image.ts';
import { reason, Refusal } from '../../core/reason.ts';
import type { BuiltImage } from '../../engines/port.ts';
import type { AppRow } from '../store/apps.ts';
import type { PersonRow } from '../store/people.ts';
import type { ReleaseRow } from '../store/releases.ts';
import type { Store } from '../store/store.ts';
import type { OperationDeps } from './deps.ts';
import { requireDisk } from './disk.ts';
import { DEFAULT_PORT, makeRelease } from './make-release.ts';
import { requireApp } from './require-app.ts';

/** For all of an image to come from its registry, in milliseconds. */
const PATIENCE_MS = 900_000;

export interface ImageWish {
  /** `registry/name@sha256:…` */
  readonly image: string;
  /** Ends the wait for the registry. */
  readonly signal?: AbortSignal;
  /** What is to be journalled in the same moment as the release. */
  readonly journalled?: (release: ReleaseRow) => void;
}

/**
 * Releases an image that somebody else has built: no build, no tests of ours, and every step of the canary. What the
 * repository says otherwise (processes, health, canary, release command) is taken from the newest release.
 * @throws Refusal 422 `image_without_digest`, `image_host_refused` and what the engine says of the image
 */
export async function releaseImage(
  deps: OperationDeps,
  person: PersonRow,
  appId: string,
  wish: ImageWish,
): Promise<ReleaseRow> {
  const { store, workloads, settings, lock } = deps;
  const reference = pinnedReference(wish.image);
  requireHost(reference, settings.imageHosts);
  await requireDisk(deps);
  const app = requireApp(store, appId);
  const late = AbortSignal.timeout(PATIENCE_MS);
  const signal = wish.signal === undefined ? late : AbortSignal.any([wish.signal, late]);
  // Before the lock is taken: it can take minutes, and pushes need not wait for it.
  await workloads.adoptImage({ id: app.id, name: app.name }, reference, signal).catch((error: unknown) => {
    throw late.aborted ? tooLate(reference) : error;
  });
  const release = await lock.run(appId, async () => {
    requireApp(store, appId);
    // Once more, which costs nothing now: what no release needs yet may just have been let go.
    const image = await workloads.adoptImage({ id: app.id, name: app.name }, reference, signal);
    return store.transaction(() => journal(store, person, requireApp(store, appId), reference, image, wish));
  });
  deps.changes.notify(appId);
  return release;
}

function journal(
  store: Store,
  person: PersonRow,
  app: AppRow,
  reference: PinnedReference,
  image: BuiltImage,
  wish: ImageWish,
): ReleaseRow {
  const manifest = newest(store, app)?.manifest ?? MANIFEST_OF_IMAGE;
  endOpenBuilds(store, person, app);
  const release = makeRelease(
    store,
    app,
    {
      build_id: null,
      commit_id: null,
      image: image.image,
      image_user: image.user,
      port: manifest.web.port ?? image.exposedPorts[0] ?? DEFAULT_PORT,
      manifest,
      config_version: store.configs.newestVersion(app.id),
      source: 'image',
      description: `Image ${reference.name}`.slice(0, 300),
      rollback_of: null,
      person_id: person.id,
    },
    { canary: manifest.canary, releasePhase: manifest.releaseCommand !== undefined },
  );
  const rollout = store.rollouts.byRelease(release.id);
  const stays = `${app.deploy_branch} stays where it is: this release is an image, and has no commit`;
  if (rollout) store.rollouts.say(rollout.id, 'note', stays);
  store.events.record('release.create', person.id, app.id, {
    release: release.number,
    image: reference.name,
  });
  wish.journalled?.(release);
  return release;
}

/** A rollout under way is newer than what is live. */
function newest(store: Store, app: AppRow): ReleaseRow | undefined {
  const id = store.rollouts.open(app.id).at(-1)?.release_id ?? app.live_release_id;
  return id === null ? undefined : store.releases.byId(id);
}

/** The newest accepted wins, and these were accepted before. */
function endOpenBuilds(store: Store, { name }: PersonRow, app: AppRow): void {
  for (const build of store.builds.open(app.id)) {
    store.builds.move(build.id, 'supersede', {
      reason: reason(
        'superseded',
        `a release of an image (by ${name}) is newer and took over`,
        `how that one goes: sluice rollouts:show -a ${app.name}`,
      ),
    });
  }
}

function requireHost({ host }: PinnedReference, allowed: readonly string[]): void {
  if (allowed.includes(host)) return;
  throw new Refusal(
    422,
    'image_host_refused',
    `images of ${host} are not taken here`,
    `an admin can allow it: SLUICE_IMAGE_HOSTS=${[...allowed, host].join(',')}`,
    [`allowed: ${allowed.join(', ')}`],
  );
}

function tooLate({ name }: PinnedReference): Refusal {
  return new Refusal(
    504,
    'image_too_slow',
    `${name} was not here within ${PATIENCE_MS / 60_000} minutes`,
    'try again: what has come is kept',
  );
}
