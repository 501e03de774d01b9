import { ConfigKey } from '../../core/names.ts';
import { Refusal } from '../../core/reason.ts';
import type { AppRow } from '../store/apps.ts';
import type { PersonRow } from '../store/people.ts';
import type { ReleaseRow } from '../store/releases.ts';
import type { Store } from '../store/store.ts';
import type { OperationDeps } from './deps.ts';
import { makeRelease } from './make-release.ts';
import { requireApp } from './require-app.ts';

/** All of an app's keys and values together, in bytes: what fits the environment of a process with ease. */
const CONFIG_BYTES = 256 * 1024;

export interface ConfigChange {
  /** null removes a key. */
  readonly values: Record<string, string | null>;
  /** Live as soon as it is healthy: no steps. */
  readonly now: boolean;
}

export async function setConfig(
  deps: OperationDeps,
  person: PersonRow,
  app: AppRow,
  change: ConfigChange,
): Promise<{ version: number; release?: ReleaseRow }> {
  return deps.lock.run(app.id, async () => {
    const { store } = deps;
    requireApp(store, app.id);
    refuseDuringPhase(store, app);
    const current = store.configs.newest(app);
    const values = applied(current.values, change.values);
    const isKnown = sameValues(current.values, values);
    if (isKnown && reachesUsers(store, store.apps.require(app.id), values))
      return { version: current.version };
    const result = store.transaction(() => {
      const version = isKnown ? current.version : store.configs.add(app, values, person.id);
      const release = configRelease(deps, person, store.apps.require(app.id), version, change);
      store.events.record('config.set', person.id, app.id, { version, keys: Object.keys(change.values) });
      return { version, ...(release ? { release } : {}) };
    });
    if (result.release) await tellPusher(deps, person, result.release);
    deps.changes.notify(app.id);
    return result;
  });
}

/** Whoever waits for a commit waits on: the change took it along. */
async function tellPusher(
  { store, buildLogs }: OperationDeps,
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
    `try again when it has ended (sluice releases -a ${app.name}), or cancel its build: sluice builds -a ${app.name}`,
  );
}

/** @throws Refusal 422 */
function applied(
  current: Record<string, string>,
  changes: Record<string, string | null>,
): Record<string, string> {
  const values = { ...current };
  for (const [key, value] of Object.entries(changes)) {
    const checked = ConfigKey.safeParse(key);
    if (!checked.success) {
      throw new Refusal(
        422,
        'config_key_invalid',
        `${key}: ${checked.error.issues[0]?.message ?? 'not a config key'}`,
        'sluice config:set NAME=value',
      );
    }
    if (value === null) delete values[key];
    else if (value.includes('\0'))
      throw new Refusal(
        422,
        'config_value_invalid',
        `${key}: a value cannot hold a NUL byte`,
        'encode it, for example as base64',
      );
    else values[key] = value;
  }
  const bytes = Buffer.byteLength(JSON.stringify(values));
  if (bytes > CONFIG_BYTES) {
    throw new Refusal(
      422,
      'config_too_large',
      `the config would have ${bytes} bytes, the limit is ${CONFIG_BYTES}`,
      'keep large values in a file store and set its address',
    );
  }
  return values;
}

function sameValues(a: Record<string, string>, b: Record<string, string>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

/** Whether nothing is live yet, or what is live or on its way there has this config: the release of a change can fail. */
function reachesUsers(store: Store, app: AppRow, values: Record<string, string>): boolean {
  const base = baseOf(store, app);
  return base === undefined || sameValues(store.configs.at(app, base.config_version).values, values);
}

/** A rollout under way is newer than what is live; its image must not be lost to a config change. */
function baseOf(store: Store, app: AppRow): ReleaseRow | undefined {
  const id = store.rollouts.open(app.id).at(-1)?.release_id ?? app.live_release_id;
  return id === null ? undefined : store.releases.require(id);
}

/** The same image with the new config, when something is live or on its way there. */
function configRelease(
  deps: OperationDeps,
  person: PersonRow,
  app: AppRow,
  version: number,
  change: ConfigChange,
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
      port: base.port,
      manifest: base.manifest,
      config_version: version,
      source: 'config',
      description: describe(change.values),
      rollback_of: atOnce ? base.rollback_of : null,
      person_id: person.id,
    },
    { canary: change.now || atOnce ? false : base.manifest.canary, releasePhase: phaseOpen },
  );
}

function describe(changes: Record<string, string | null>): string {
  const keys = (wanted: boolean): string =>
    Object.entries(changes)
      .filter(([, value]) => (value === null) === wanted)
      .map(([key]) => key)
      .join(', ');
  const parts = [keys(false) && `Set ${keys(false)}`, keys(true) && `Unset ${keys(true)}`].filter(Boolean);
  return parts.join('; ').slice(0, 200);
}
