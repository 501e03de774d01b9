import { Refusal } from '../../core/reason.ts';
import { actorId } from '../access/principal.ts';
import { entryOf, isNamed, placeOf } from '../hosts/hosts.ts';
import { checkedAddresses, HostRefused } from '../hosts/resolve.ts';
import { newSigningSecret } from '../outgoing/signature.ts';
import type { AppRow } from '../store/apps.ts';
import type { NotifyEndpointRow } from '../store/notify-endpoints.ts';
import type { Store } from '../store/store.ts';
import { decodeBelow, pageOf } from './cursor.ts';
import type { ApiDeps } from './deps.ts';
import type { Endpoints } from './endpoints.ts';
import { presentDelivery, presentNotification } from './present/notification.ts';

/** Of one app. */
const MOST = 20;

export function registerNotifications(endpoints: Endpoints, deps: ApiDeps): void {
  const { store, outgoing } = deps;

  endpoints.answer('listNotifications', ({ app }) => ({
    items: store.notifyEndpoints.of(app.id).map((endpoint) => presentNotification(store, endpoint)),
  }));

  endpoints.answer('addNotification', async ({ principal, app, body: { url, events } }) => {
    await requireAllowed(deps, url);
    return store.transaction(() => {
      if (store.notifyEndpoints.of(app.id).length >= MOST) {
        throw new Refusal(
          409,
          'too_many_notifications',
          `events of ${app.name} go to ${MOST} places already`,
          'sluice notify:remove',
        );
      }
      const secret = newSigningSecret();
      const personId = principal.person.id;
      const added = store.notifyEndpoints.add({ appId: app.id, url, secret, events, personId });
      const detail = { notification: added.id, origin: new URL(url).origin, events };
      store.events.record('notification.add', actorId(principal), app.id, detail);
      return { ...presentNotification(store, added), secret };
    });
  });

  endpoints.answer('removeNotification', ({ principal, app, params }) => {
    store.transaction(() => {
      const { id } = required(store, app, params.notification);
      store.notifyEndpoints.remove(id);
      store.events.record('notification.remove', actorId(principal), app.id, { notification: id });
    });
  });

  endpoints.answer('testNotification', ({ principal, app, params }) => {
    store.transaction(() => {
      const { id } = required(store, app, params.notification);
      store.events.record('notification.test', actorId(principal), app.id, { notification: id });
      store.outgoing.say(app.id, 'ping', id);
    });
    outgoing.wake();
  });

  endpoints.answer('listNotificationDeliveries', ({ app, query }) =>
    pageOf(
      'notification-deliveries',
      store.outgoing.page(app.id, decodeBelow('notification-deliveries', query.cursor), query.limit + 1),
      query.limit,
      ({ number }) => number,
      (delivery) => presentDelivery(store, delivery),
    ),
  );

  endpoints.answer('redeliverNotification', ({ principal, app, params }) => {
    const again = store.transaction(() => {
      const delivery = store.outgoing.byId(params.delivery);
      if (delivery?.app_id !== app.id) {
        throw new Refusal(
          404,
          'delivery_not_found',
          `${app.name} has no delivery ${params.delivery}`,
          `sluice notify:deliveries -a ${app.name}`,
        );
      }
      const detail = { delivery: delivery.id, type: delivery.type };
      store.events.record('notification.redeliver', actorId(principal), app.id, detail);
      return store.outgoing.again(delivery);
    });
    outgoing.wake();
    return presentDelivery(store, again);
  });
}

/** @throws Refusal 422 when nothing would be sent there anyway */
async function requireAllowed({ hosts }: ApiDeps, written: string): Promise<void> {
  const url = new URL(written);
  const place = placeOf(url);
  const refused = (why: string, hint: string): Refusal =>
    new Refusal(422, 'notification_refused', `nothing can be sent there: ${why}`, hint);
  if (!place || !/^https?:$/.test(url.protocol)) {
    throw refused(`${url.protocol} is not asked`, 'give an https:// URL');
  }
  const inside = `inside, the admin can name ${entryOf(place)} in SLUICE_PRIVATE_HOSTS`;
  const mayBePrivate = isNamed(place, hosts.privateHosts);
  if (url.protocol === 'http:' && !mayBePrivate) throw refused(`${url.origin} is not https`, inside);
  await checkedAddresses(place.host, mayBePrivate, hosts.resolve).catch((error: unknown) => {
    if (!(error instanceof HostRefused)) throw error;
    throw refused(error.message, error.why === 'not-public' ? inside : 'check the URL');
  });
}

function required(store: Store, app: AppRow, id: string): NotifyEndpointRow {
  const endpoint = store.notifyEndpoints.byId(id);
  if (endpoint?.app_id === app.id) return endpoint;
  throw new Refusal(
    404,
    'notification_not_found',
    `events of ${app.name} go to no ${id}`,
    `sluice notify -a ${app.name}`,
  );
}
