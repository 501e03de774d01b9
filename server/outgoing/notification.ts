import type { NotifyEndpointRow } from '../store/notify-endpoints.ts';
import type { OutgoingEventRow } from '../store/outgoing.ts';
import type { Letter } from './letter.ts';
import { signed } from './signature.ts';

/**
 * An event for an endpoint, signed as of now.
 * @param now milliseconds since 1970
 */
export function notification(
  { url, secret }: Pick<NotifyEndpointRow, 'url' | 'secret'>,
  event: Pick<OutgoingEventRow, 'message'> & { readonly body: string },
  now: number,
): Letter {
  const { message, body } = event;
  return {
    url: new URL(url),
    headers: {
      'content-type': 'application/json',
      ...signed(secret, message, Math.floor(now / 1_000), body),
    },
    body,
  };
}
