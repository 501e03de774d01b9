import { isWanted } from '../../core/contracts/resources.ts';
import { redactAll } from '../../core/redaction/redact-all.ts';
import type { NewDelivery, OutgoingEventRow } from '../store/outgoing.ts';
import type { Store } from '../store/store.ts';
import { statusAfter } from './commit-status.ts';
import { payloadOf } from './payload.ts';

/** Finds out whom an event is for, and puts it on its ways, without secrets. */
export function distribute(store: Store, event: OutgoingEventRow): void {
  const payload = payloadOf(store, event);
  if (payload === undefined) {
    store.outgoing.distribute(event, '', []);
    return;
  }
  const body = JSON.stringify(redactAll(store.redactors.of(event.app_id), payload));
  store.outgoing.distribute(event, body, [...endpointsFor(store, event), ...statusFor(store, event)]);
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
