import { type ConfigEntries, givenToContainers, isSameConfig } from '../../core/config/entry.ts';
import { Refusal } from '../../core/reason.ts';
import { describeChange } from '../config-changes.ts';
import type { AppRow } from '../store/apps.ts';
import type { PersonRow } from '../store/people.ts';
import type { ReleaseRow } from '../store/releases.ts';
import type { Store } from '../store/store.ts';
import type { OperationDeps } from './deps.ts';
import { makeRelease } from './make-release.ts';
import { requireApp } from './require-app.ts';

/** A config is only in the journal. */
export type ConfigDeps = Pick<OperationDeps, 'store' | 'lock' | 'changes' | 'buildLogs'>;

/** How a change comes to users. */
export interface ConfigRelease {
  /** Live as soon as it is healthy: no steps. */
  readonly now?: boolean | undefined;
  /** false: only a new version, which the next release takes. */
  readonly release?: boolean | undefined;
  /** Refused when the newest version is another one by then. */
  readonly ifVersion?: number | undefined;
}

export interface ConfigEdit extends ConfigRelease {
  /** For the audit log, with the keys; never values. */
  readonly action: 'config.set' | 'secret.set' | 'secret.rotate';
  readonly keys: readonly string[];
  /** What the release is called, when it changes nothing else. */
  readonly description?: string;
  /** @throws Refusal */
  edit(entries: ConfigEntries): ConfigEntries;
}

export interface ChangedConfig {
  readonly version: number;
  /** All of it was so already. */
  readonly unchanged: boolean;
  readonly release?: ReleaseRow;
  /** The number of the release that has this config already, where none was made. */
  readonly alreadyIn?: number;
}

/** The only way that a config changes, apart from a rollback: a new version, and a release when one is live. */
export async function changeConfig(
  deps: ConfigDeps,
  person: PersonRow,
  { id }: AppRow,
  change: ConfigEdit,
): Promise<ChangedConfig> {
  return deps.lock.run(id, async () => {
    const { store } = deps;
    const app = requireApp(store, id);
    const releases = change.release !== false;
    if (releases) refuseDuringPhase(store, app);
    const current = store.configs.newest(app);
    refuseOtherVersion(app, current.version, change);
    const entries = change.edit(current.entries);
    const isKnown = isSameConfig(current.entries, entries);
    const base = baseOf(store, app);
    const has = base !== undefined && hasConfig(store, app, base, entries);
    const already = has ? { alreadyIn: base.number } : {};
    const wantsRelease = releases && base !== undefined && !has;
    if (isKnown && !wantsRelease) return { version: current.version, unchanged: true, ...already };
    const result = store.transaction((): ChangedConfig => {
      const version = isKnown ? current.version : store.configs.add(app, entries, person.id);
      const release = wantsRelease ? configRelease(deps, person, app, version, change) : undefined;
      store.events.record(change.action, person.id, app.id, { version, keys: change.keys });
      return { version, unchanged: isKnown, ...(release ? { release } : already) };
    });
    if (result.release) await tellPusher(deps, person, result.release);
    deps.changes.notify(app.id);
    return result;
  });
}

/** Whoever waits for a commit waits on: the change took it along. */
async function tellPusher(
  { store, buildLogs }: ConfigDeps,
  { name }: PersonRow,
  { id, number, description }: ReleaseRow,
): Promise<void> {
  const build = store.rollouts.byRelease(id)?.build_id ?? null;
  if (build === null) return;
  const line = `-----> ${name} changed the config (${description}): v${number} goes on with this commit, from its first step`;
  await buildLogs.append(build, `${line}\n`);
}

/**
 * The new release would run the command again beside or after the one that runs, which must be started at most once.
 * @throws Refusal 409
 */
function refuseDuringPhase(store: Store, app: AppRow): void {
  const running = store.rollouts
    .open(app.id)
    .find((rollout) => rollout.plan.releasePhase && rollout.phase_started === 1 && rollout.phase_ended === 0);
  if (!running) return;
  const { number } = store.releases.require(running.release_id);
  throw new Refusal(
    409,
    'release_phase_running',
    `the release command of v${number} is running, and a config change would run it twice`,
    `try again when it has ended (sluice releases -a ${app.name}), or cancel its build: sluice builds -a ${app.name}; with --no-release the change waits for the next release`,
  );
}

/** @throws Refusal 409 */
function refuseOtherVersion(app: AppRow, version: number, { ifVersion }: ConfigRelease): void {
  if (ifVersion === undefined || ifVersion === version) return;
  throw new Refusal(
    409,
    'config_changed',
    `the config of ${app.name} was changed meanwhile: it is at version ${version}, not ${ifVersion}`,
    `look at it, then try again: sluice config -a ${app.name}`,
  );
}

/** Whether containers of `release` get from it what they would get from `entries`. */
function hasConfig(store: Store, app: AppRow, release: ReleaseRow, entries: ConfigEntries): boolean {
  const has = store.configs.at(app, release.config_version).entries;
  return isSameConfig(givenToContainers(has), givenToContainers(entries));
}

/** What a change goes out from. A rollout under way is newer than what is live; its image must not be lost to a change. */
export function baseOf(store: Store, app: AppRow): ReleaseRow | undefined {
  const id = store.rollouts.open(app.id).at(-1)?.release_id ?? app.live_release_id;
  return id === null ? undefined : store.releases.require(id);
}

/** The same image with the new config, when something is live or on its way there. */
function configRelease(
  deps: ConfigDeps,
  person: PersonRow,
  app: AppRow,
  version: number,
  change: ConfigEdit,
): ReleaseRow | undefined {
  const { store } = deps;
  const base = baseOf(store, app);
  if (!base) return undefined;
  const open = store.rollouts.open(app.id).at(-1);
  // What was asked for at once comes at once, with the change; above all a rollback, whose traffic has moved already.
  const atOnce = open?.plan.canary === false;
  const phaseOpen = open !== undefined && open.plan.releasePhase && open.phase_ended === 0;
  return makeRelease(
    store,
    app,
    {
      build_id: base.build_id,
      commit_id: base.commit_id,
      image: base.image,
      image_user: base.image_user,
      port: base.port,
      manifest: base.manifest,
      config_version: version,
      source: 'config',
      description: descriptionOf(store, app, base, version, change),
      rollback_of: atOnce ? base.rollback_of : null,
      person_id: person.id,
    },
    { canary: change.now === true || atOnce ? false : base.manifest.canary, releasePhase: phaseOpen },
  );
}

/** Also what was staged before, or failed to go live, comes with it, and is said. */
function descriptionOf(
  store: Store,
  app: AppRow,
  base: ReleaseRow,
  version: number,
  { keys, description }: ConfigEdit,
): string {
  const before = store.configs.at(app, base.config_version).entries;
  const { text, keys: all } = describeChange(before, store.configs.at(app, version).entries);
  return description !== undefined && all.every((key) => keys.includes(key)) ? description : text;
}
