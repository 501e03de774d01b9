import { messageOf } from '../../core/hooks/message.ts';
import type { HeaderOf, Wish } from '../../core/hooks/wish.ts';
import { type Reason, Refusal } from '../../core/reason.ts';
import type { AppRow } from '../store/apps.ts';
import type { DeliveryRow, NewDelivery } from '../store/deliveries.ts';
import type { HookRow } from '../store/hooks.ts';
import type { Store } from '../store/store.ts';
import { hash, type Verified } from './signature.ts';

/** What of a message's headers says what its body means: kept, so that it can be processed again. */
const MEANINGFUL = ['content-type', 'x-github-event', 'x-gitlab-event'];
/** By which its sender knows it. */
const SENT_IDS = ['x-github-delivery', 'webhook-id', 'x-gitlab-event-uuid', 'idempotency-key'];

export interface Arrived {
  readonly app: AppRow;
  readonly hook: HookRow;
  readonly header: HeaderOf;
  readonly body: Uint8Array;
  readonly address: string;
}

/** Of a hook, the newest, of up to 1 MiB each. */
export const KEPT_BODIES = 100;

export interface Accepted {
  readonly delivery: DeliveryRow;
  /** It had come before. */
  readonly repeated: boolean;
}

/** What came before, so long ago that only this is left of it. */
export interface Forgotten {
  readonly app: AppRow;
  readonly deliveryId: string;
  readonly event: string;
}

/**
 * Journals a message whose signature is right, in one transaction, with what it asks for; the work comes after. A message
 * that had come before is told by what is signed of it, and changes nothing: also when its delivery is no longer kept, as
 * else whoever recorded an old push could put it live again.
 * @throws Refusal 409 `delivery_id_used`
 */
export function accept(
  store: Store,
  arrived: Arrived,
  verified: Verified,
  now = Date.now(),
): Accepted | Forgotten {
  const { app, hook, body } = arrived;
  const bodyHash = hash(body);
  return store.transaction(() => {
    const seen = store.deliveries.seen(hook.id, verified.key, now);
    if (seen) {
      if (!bodyHash.equals(seen.bodyHash)) throw otherBody();
      const before = store.deliveries.byId(seen.deliveryId);
      if (!before) return { app, deliveryId: seen.deliveryId, event: wishOf(arrived).event };
      store.deliveries.countRepeat(before.id);
      return { delivery: store.deliveries.require(before.id), repeated: true };
    }
    const delivery = store.deliveries.create(read(arrived, bodyHash));
    // At once: an hour of a sender that does not stop would fill the disk.
    store.deliveries.keepBodies(hook.id, KEPT_BODIES);
    const until = now + verified.rememberMs;
    store.deliveries.remember(hook.id, verified.key, { deliveryId: delivery.id, bodyHash, at: now, until });
    return { delivery, repeated: false };
  });
}

/** The kept body of a delivery as a new one. */
export function acceptAgain(store: Store, arrived: Arrived, personId: string, of: DeliveryRow): DeliveryRow {
  const { sent_id: sentId, id: redeliveryOf } = of;
  const again = read(arrived, hash(arrived.body));
  return store.deliveries.create({ ...again, sentId: sentId ?? undefined, personId, redeliveryOf });
}

function read(arrived: Arrived, bodyHash: Uint8Array): NewDelivery {
  const { app, hook, header, body, address } = arrived;
  const outcome = wishOf(arrived);
  const kept = MEANINGFUL.flatMap((name) => [[name, header(name)?.slice(0, 200)]]);
  return {
    appId: app.id,
    hookId: hook.id,
    address,
    sentId: SENT_IDS.map(header)
      .find((id) => id !== undefined)
      ?.slice(0, 100),
    headers: Object.fromEntries(kept.filter(([, value]) => value !== undefined)) as Record<string, string>,
    body,
    bodyHash,
    personId: hook.actor_id,
    ...outcome,
  };
}

function wishOf({
  app,
  hook,
  header,
  body,
}: Arrived): Pick<NewDelivery, 'event' | 'wish' | 'state' | 'reason' | 'status'> {
  try {
    const filter = { branch: hook.branch ?? app.deploy_branch };
    const { event, wish } = messageOf(hook.kind, header, body, filter);
    const ignored = ignoredReason(wish);
    return ignored
      ? { event, wish, state: 'ignored', reason: ignored, status: 200 }
      : { event, wish, state: 'pending', reason: undefined, status: 202 };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const event = (header('x-github-event') ?? header('x-gitlab-event') ?? 'unknown').slice(0, 100);
    return { event, wish: undefined, state: 'failed', reason: error.reason, status: error.status };
  }
}

function ignoredReason(wish: Wish): Reason | undefined {
  return 'ignored' in wish ? wish.ignored : undefined;
}

function otherBody(): Refusal {
  return new Refusal(
    409,
    'delivery_id_used',
    'this webhook-id was used before, with another body',
    'give each message an id of its own; the same message may come again with the same one',
  );
}
