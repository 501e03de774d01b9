import type { Delivery, HookAnswer } from '../../core/contracts/resources.ts';
import { iso, optional, optionalTime } from '../api/present/time.ts';
import type { DeliveryRow } from '../store/deliveries.ts';
import type { Store } from '../store/store.ts';
import type { Forgotten } from './accept.ts';

/** What the sender of a message is told. */
export function answerOf(
  store: Store,
  delivery: DeliveryRow,
  { repeated, publicUrl = '' }: { readonly repeated: boolean; readonly publicUrl: string | undefined },
): HookAnswer {
  const { name } = store.apps.require(delivery.app_id);
  const base = `${publicUrl}/v1/apps/${name}`;
  const { build, release } = made(store, delivery);
  return {
    delivery: delivery.id,
    state: delivery.state,
    event: delivery.event,
    url: `${base}/deliveries/${delivery.id}`,
    ...optional('build', build === undefined ? undefined : { number: build, url: `${base}/builds/${build}` }),
    ...optional(
      'release',
      release === undefined ? undefined : { number: release, url: `${base}/releases/${release}` },
    ),
    ...optional('reason', delivery.reason),
    repeated,
  };
}

/** What the sender of a repeat is told whose first time is no longer listed. */
export function forgottenAnswer({ app, deliveryId, event }: Forgotten, publicUrl = ''): HookAnswer {
  return {
    delivery: deliveryId,
    state: 'ignored',
    event,
    url: `${publicUrl}/v1/apps/${app.name}/deliveries`,
    reason: {
      code: 'delivery_forgotten',
      message: 'the same message came before, and what it became is no longer listed: nothing was done',
      hint: 'to deploy the same commit again: `sluice builds:create --commit ID`',
    },
    repeated: true,
  };
}

export function presentDelivery(store: Store, delivery: DeliveryRow): Delivery {
  const { build, release } = made(store, delivery);
  const base = `/v1/apps/${store.apps.require(delivery.app_id).name}`;
  const place = build === undefined ? release && `releases/${release}` : `builds/${build}`;
  const took = delivery.finished_at === null ? undefined : delivery.finished_at - delivery.received_at;
  return {
    id: delivery.id,
    hook: store.hooks.require(delivery.hook_id).name,
    event: delivery.event,
    state: delivery.state,
    ...optional('reason', delivery.reason),
    status: delivery.status,
    ...optional('wish', wishWords(delivery)),
    ...optional('build', build),
    ...optional('release', release),
    ...optional('url', place === undefined ? undefined : `${base}/${place}`),
    ...optional('sentId', delivery.sent_id),
    address: delivery.address,
    repeats: delivery.repeats,
    ...optional('redeliveryOf', delivery.redelivery_of),
    kept: delivery.kept,
    receivedAt: iso(delivery.received_at),
    ...optionalTime('finishedAt', delivery.finished_at),
    ...optional('tookMs', took === undefined ? undefined : Math.max(0, took)),
  };
}

function made(
  store: Store,
  { build_id: buildId, release_id: releaseId }: DeliveryRow,
): { build: number | undefined; release: number | undefined } {
  return {
    build: buildId === null ? undefined : store.builds.byId(buildId)?.number,
    release: releaseId === null ? undefined : store.releases.byId(releaseId)?.number,
  };
}

function wishWords({ wish }: DeliveryRow): string | undefined {
  if (wish === null || 'ignored' in wish) return undefined;
  if ('image' in wish) return wish.image;
  const { commit, ref } = wish.deploy;
  return [commit, ref].filter((part) => part !== undefined).join(' of ');
}
