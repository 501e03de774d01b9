import type { Wish } from '../../core/hooks/wish.ts';
import { reason, Refusal } from '../../core/reason.ts';
import type { Operations } from '../operations/operations.ts';
import type { Repositories } from '../repositories/repositories.ts';
import type { Source } from '../sources/source.ts';
import type { AppRow } from '../store/apps.ts';
import type { DeliveryRow } from '../store/deliveries.ts';
import type { PersonRow } from '../store/people.ts';
import type { Store } from '../store/store.ts';
import { ROOT } from '../access/principal.ts';
import { type AskedFrom, askedBy } from '../asked-from.ts';
import type { Deploy } from './processor.ts';

export interface DeployDeps {
  readonly store: Store;
  readonly operations: Pick<Operations, 'deployCommit' | 'releaseImage'>;
  readonly repositories: Pick<Repositories, 'hasCommit'>;
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
    if (!app || wish === null || 'ignored' in wish) return;
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
    if (isLive(store, app, commit)) {
      store.deliveries.finish(delivery.id, 'ignored', { reason: liveAlready(commit) });
      return;
    }
    // Named by the delivery: what a crash interrupts here is the same build afterwards.
    const build = await operations.deployCommit(person, app, { commit, name: `delivery-${delivery.id}` });
    store.transaction(() => ended(delivery, person, app, { buildId: build.id }, { build: build.number }));
  }

  function ended(
    delivery: DeliveryRow,
    person: PersonRow,
    app: AppRow,
    outcome: { buildId?: string; releaseId?: string },
    detail: Record<string, unknown>,
  ): void {
    if (!store.deliveries.finish(delivery.id, 'done', outcome)) return;
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
