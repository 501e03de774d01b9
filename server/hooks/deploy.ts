import type { Wish } from '../../core/hooks/wish.ts';
import { type Reason, reason, Refusal } from '../../core/reason.ts';
import type { Operations } from '../operations/operations.ts';
import type { Repositories } from '../repositories/repositories.ts';
import type { Source } from '../sources/source.ts';
import type { AppRow } from '../store/apps.ts';
import type { DeliveryRow } from '../store/deliveries.ts';
import { type PersonRow, ROOT } from '../store/people.ts';
import type { Store } from '../store/store.ts';
import { type AskedFrom, askedBy } from '../asked-from.ts';
import type { Deploy } from './processor.ts';

export interface DeployDeps {
  readonly store: Store;
  readonly operations: Pick<Operations, 'deployCommit' | 'releaseImage'>;
  readonly repositories: Pick<Repositories, 'hasCommit' | 'isAncestor'>;
  readonly source: Source;
}

interface Asked {
  readonly delivery: DeliveryRow;
  readonly app: AppRow;
  readonly person: PersonRow;
  readonly wish: Exclude<Wish, { ignored: unknown }>;
}

/** Does what a delivery asks for, and journals what it has become. */
export function deployer(deps: DeployDeps): Deploy {
  const { store, operations } = deps;
  return async (delivery, signal) => {
    const app = store.apps.byId(delivery.app_id);
    const { wish } = delivery;
    if (!app) throw new Refusal(409, 'app_destroyed', 'the app was destroyed before this was begun');
    if (wish === null || 'ignored' in wish) throw new Error(`delivery ${delivery.id} asks for nothing`);
    const person = actor(store, delivery);
    const from: AskedFrom = {
      via: 'hook',
      actorId: person.id,
      address: delivery.address,
      credential: store.hooks.require(delivery.hook_id).name,
    };
    await askedBy(from, async () => deploy({ delivery, app, person, wish }, signal));
  };

  async function deploy({ delivery, app, person, wish }: Asked, signal: AbortSignal): Promise<void> {
    if ('image' in wish) {
      await operations.releaseImage(person, app, {
        image: wish.image,
        signal,
        journalled: (release) =>
          ended(delivery, person, app, { releaseId: release.id }, { release: release.number }),
      });
      return;
    }
    const commit = await found(deps, app, wish.deploy, signal);
    const moot = isLive(store, app, commit)
      ? liveAlready(commit)
      : await overtaken(deps, { delivery, app, commit });
    if (moot) {
      store.transaction(() => {
        if (store.deliveries.finish(delivery.id, 'ignored', { reason: moot })) passOver(delivery);
      });
      return;
    }
    // Named by the delivery: what a crash interrupts here is the same build afterwards.
    const build = await operations.deployCommit(person, app, { commit, name: `delivery-${delivery.id}` });
    store.transaction(() => ended(delivery, person, app, { buildId: build.id }, { build: build.number }));
  }

  /** In the same transaction: a crash must not leave an older one to be done after it. */
  function passOver(delivery: DeliveryRow): void {
    const why = reason(
      'delivery_superseded',
      `delivery ${delivery.id} is newer and came before this one was begun`,
      'how that one goes: sluice hooks:deliveries',
    );
    store.deliveries.supersede(delivery, why);
  }

  function ended(
    delivery: DeliveryRow,
    person: PersonRow,
    app: AppRow,
    outcome: { buildId?: string; releaseId?: string },
    detail: Record<string, unknown>,
  ): void {
    if (!store.deliveries.finish(delivery.id, 'done', outcome)) return;
    passOver(delivery);
    const hook = store.hooks.require(delivery.hook_id).name;
    store.events.record('hook.deploy', person.id, app.id, { hook, delivery: delivery.id, ...detail });
  }
}

/** A hook acts in its own name; what a person had processed again is theirs. */
function actor(store: Store, { person_id: id }: DeliveryRow): PersonRow {
  if (id === ROOT.id) return ROOT;
  const person = store.people.byId(id);
  if (person) return { ...person, name: store.people.nameOf(id) };
  throw new Refusal(
    409,
    'person_unknown',
    `${store.people.nameOf(id)}, who asked for this, is not known any more`,
    'sluice hooks:redeliver DELIVERY   asks for it in your name',
  );
}

/** One that was pushed here is at hand; else it is fetched. */
async function found(
  { source, repositories }: DeployDeps,
  app: AppRow,
  wish: { readonly commit?: string; readonly ref?: string },
  signal: AbortSignal,
): Promise<string> {
  if (wish.commit !== undefined && (await repositories.hasCommit(app.id, wish.commit))) return wish.commit;
  return (await source.fetch(app, wish, signal)).commit;
}

/** As with a push of what the branch has: nothing to do. A rollout under way would be something else. */
function isLive(store: Store, app: AppRow, commit: string): boolean {
  if (store.rollouts.open(app.id).length > 0 || store.builds.open(app.id).length > 0) return false;
  const live = app.live_release_id === null ? undefined : store.releases.byId(app.live_release_id);
  return live?.commit_id === commit;
}

function liveAlready(commit: string): ReturnType<typeof reason> {
  return reason(
    'live_already',
    `commit ${commit.slice(0, 8)} is live already`,
    'to build it once more all the same: sluice builds:create',
  );
}

/** Ends of runs come in the order in which they end, not in that of their commits; a push says where the branch is. */
const ENDS_OF_RUNS = new Set(['workflow_run', 'pipeline']);

/** The end of an older commit's run must not take back what came after it; who wants that asks for it again. */
async function overtaken(
  { store, repositories }: DeployDeps,
  { delivery, app, commit }: { delivery: DeliveryRow; app: AppRow; commit: string },
): Promise<Reason | undefined> {
  if (!ENDS_OF_RUNS.has(delivery.event) || delivery.redelivery_of !== null) return undefined;
  for (const newer of underWayOrLive(store, app)) {
    if (newer === commit || !(await repositories.isAncestor(app.id, commit, newer))) continue;
    return reason(
      'older_than_live',
      `commit ${commit.slice(0, 8)} is older than ${newer.slice(0, 8)}, which is live or on its way`,
      'to go back to it all the same: sluice hooks:redeliver DELIVERY, or sluice rollback',
    );
  }
  return undefined;
}

function underWayOrLive(store: Store, app: AppRow): string[] {
  const released = [
    ...store.rollouts.open(app.id).map(({ release_id: id }) => id),
    ...(app.live_release_id === null ? [] : [app.live_release_id]),
  ].flatMap((id) => store.releases.byId(id)?.commit_id ?? []);
  return [...store.builds.open(app.id).map(({ commit_id: commit }) => commit), ...released];
}
