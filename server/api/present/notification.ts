import type { Notification, NotificationDelivery } from '../../../core/contracts/resources.ts';
import { nameOf } from '../../access/principal.ts';
import type { NotifyEndpointRow } from '../../store/notify-endpoints.ts';
import type { ShownDelivery } from '../../store/outgoing.ts';
import type { Store } from '../../store/store.ts';
import { iso, optional, optionalTime } from './time.ts';

export function presentNotification(store: Store, endpoint: NotifyEndpointRow): Notification {
  return {
    id: endpoint.id,
    url: endpoint.url,
    events: [...endpoint.events],
    person: nameOf(store.people, endpoint.person_id),
    createdAt: iso(endpoint.created_at),
    ...optional('disabled', endpoint.disabled),
  };
}

export function presentDelivery(store: Store, delivery: ShownDelivery): NotificationDelivery {
  const { endpoint_id: id, state } = delivery;
  const url = id === null ? undefined : store.notifyEndpoints.byId(id)?.url;
  return {
    id: delivery.id,
    message: delivery.message,
    type: delivery.type as NotificationDelivery['type'],
    to:
      id === null
        ? { status: delivery.target.slice(delivery.target.lastIndexOf(':') + 1) }
        : { notification: id, url: url ?? '' },
    state,
    attempts: delivery.attempts,
    ...optional('status', delivery.status),
    ...optional('answer', delivery.answer),
    createdAt: iso(delivery.created_at),
    ...optionalTime('answeredAt', delivery.answered_at),
    ...optionalTime('nextAt', state === 'waiting' ? delivery.next_at : undefined),
  };
}
