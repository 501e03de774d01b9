import { isWanted } from '../../core/contracts/resources.ts';
import { eventOf } from '../event-of.ts';
import type { NewDelivery, OutgoingEventRow } from '../store/outgoing.ts';
import type { Store } from '../store/store.ts';
import { statusAfter } from './commit-status.ts';

/** Finds out whom an event is for, and puts it on its ways, without secrets. */
export function distribute(store: Store, event: OutgoingEventRow): void {
  const told = eventOf(store, event.message, event);
  if (told === undefined) {
    store.outgoing.distribute(event, '', []);
    return;
  }
  store.outgoing.distribute(event, JSON.stringify(told), [
    ...endpointsFor(store, event),
    ...statusFor(store, event),
  ]);
}

function endpointsFor(store: Store, { app_id: appId, type, subject }: OutgoingEventRow): NewDelivery[] {
  return store.notifyEndpoints
    .listening(appId)
    .filter(({ id, events }) => (type === 'ping' ? id === subject : isWanted(type, events)))
    .map(({ id }) => ({ endpointId: id, target: id }));
}

function statusFor(store: Store, event: OutgoingEventRow): NewDelivery[] {
  if (!store.linkedRepositories.reports(event.app_id)) return [];
  const status = statusAfter(store, event);
  if (!status) return [];
  // Only the newest is worth sending, and nothing older may come after it.
  return [{ endpointId: null, target: `status:${event.app_id}:${status.commit}`, newestOnly: true }];
}
