import { FULL_WEIGHT } from '../../core/rollout.ts';
import type { Replica, Route, RouteRelease } from '../../engines/port.ts';
import { appHost } from '../address.ts';
import type { Settings } from '../settings.ts';
import type { AppRow } from '../store/apps.ts';
import type { RolloutRow } from '../store/rollouts.ts';
import type { Store } from '../store/store.ts';
import type { ControllerDeps } from './deps.ts';
import { isOnLostNode } from './replicas.ts';

/** Who gets how much of an app's traffic. */
export interface Split {
  /** Has all that the canary has not; null: nothing is live. */
  readonly stable: string | null;
  readonly canary?: { readonly releaseId: string; readonly weight: number };
}

type SplitDeps = Pick<ControllerDeps, 'store' | 'canaries'>;

/**
 * Whether a rollout has the share that the journal says. One that is seen to be worse has none, even while the journal
 * cannot be told: users go first.
 */
export function keepsShare({ canaries }: Pick<SplitDeps, 'canaries'>, { id, weight }: RolloutRow): boolean {
  return weight > 0 && canaries.verdict(id)?.move.move !== 'roll-back';
}

/**
 * The split that the journal says. A rollback whose target is still warm has all traffic on that target at once, and
 * moves it to its own replicas when they are ready.
 */
export function splitOf(deps: SplitDeps, app: AppRow, replicas: readonly Replica[]): Split {
  const { store } = deps;
  const stable = store.apps.byId(app.id)?.live_release_id ?? null;
  if (stable === null) return { stable };
  const open = store.rollouts.open(app.id);
  const split = open.find((rollout) => keepsShare(deps, rollout));
  if (split && answering(replicas, split.release_id).length > 0) {
    return { stable, canary: { releaseId: split.release_id, weight: split.weight } };
  }
  const warm = goneBackTo(store, app);
  return warm !== undefined && answering(replicas, warm).length > 0 ? { stable: warm } : { stable };
}

/** The release that a rollback under way goes back to at once, while its replicas are kept. */
export function goneBackTo(store: Store, app: AppRow): string | undefined {
  const [first] = store.rollouts.open(app.id);
  return first?.plan.canary === false ? warmTarget(store, app, first.release_id) : undefined;
}

function warmTarget(store: Store, app: AppRow, rollbackId: string): string | undefined {
  const { rollback_of: number } = store.releases.require(rollbackId);
  const target = number === null ? undefined : store.releases.byNumber(app.id, number);
  return store.rollouts.retiring(app.id).some((row) => row.release_id === target?.id && row.keep_left_ms > 0)
    ? target?.id
    : undefined;
}

/** The route of an app: its split, and weight 0 for every other release that has replicas, so that their open requests can end. */
export function routeOf(
  store: Store,
  settings: Pick<Settings, 'domain' | 'httpPort' | 'sshHost' | 'sshPort'>,
  app: AppRow,
  split: Split,
  replicas: readonly Replica[],
): Route {
  return {
    appId: app.id,
    appName: app.name,
    hosts: [
      ...[app.name, ...store.apps.formerNames(app.id)].map((name) => appHost(settings, name)),
      ...store.domains.of(app.id),
    ],
    releases: split.stable === null ? [] : releasesOf(split.stable, split.canary, replicas),
    maintenance: app.maintenance === 1,
  };
}

function releasesOf(stable: string, canary: Split['canary'], replicas: readonly Replica[]): RouteRelease[] {
  const weights = new Map([[stable, FULL_WEIGHT - (canary?.weight ?? 0)]]);
  if (canary) weights.set(canary.releaseId, canary.weight);
  const others = new Set(replicas.map(({ releaseId }) => releaseId).toSorted());
  return [...new Set([...weights.keys(), ...others])].map((releaseId) => ({
    releaseId,
    weight: weights.get(releaseId) ?? 0,
    backends: backendsOf(replicas, releaseId),
    ...serviceOf(replicas, releaseId),
    ...lostOf(replicas, releaseId),
  }));
}

/** Replicas that answer; when none does, all that have an address: an ill one is better than none. */
function backendsOf(replicas: readonly Replica[], releaseId: string): { host: string; port: number }[] {
  const ready = answering(replicas, releaseId);
  const chosen =
    ready.length > 0
      ? ready
      : webOf(replicas, releaseId).filter(({ state }) => state === 'unhealthy' || state === 'starting');
  return chosen
    .toSorted((a, b) => a.index - b.index)
    .flatMap((replica) => (replica.address ? [replica.address] : []));
}

/** Nothing comes of them any more, not even the end of a connection. */
function lostOf(replicas: readonly Replica[], releaseId: string): Pick<RouteRelease, 'lost'> {
  const lost = webOf(replicas, releaseId).flatMap((one) =>
    isOnLostNode(one) && one.address ? [one.address] : [],
  );
  return lost.length === 0 ? {} : { lost };
}

function serviceOf(replicas: readonly Replica[], releaseId: string): Pick<RouteRelease, 'service'> {
  const service = webOf(replicas, releaseId).find((replica) => replica.service !== undefined)?.service;
  return service === undefined ? {} : { service };
}

/** A release's `web` replicas that are ready. */
export function answering(replicas: readonly Replica[], releaseId: string): Replica[] {
  return webOf(replicas, releaseId).filter(({ state }) => state === 'ready');
}

function webOf(replicas: readonly Replica[], releaseId: string): Replica[] {
  return replicas.filter((replica) => replica.releaseId === releaseId && replica.process === 'web');
}
