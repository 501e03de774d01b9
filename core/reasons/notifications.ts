import type { ReasonText } from './reason-text.ts';

/** Where events of apps are sent. */
export const NOTIFICATIONS = {
  notification_not_found: {
    title: 'Events of the app are not sent there',
    cause: 'it was removed, or belongs to another app',
    mend: '`sluice notify -a APP`',
  },
  notification_refused: {
    title: 'Events cannot be sent there',
    cause: 'the address is private, not https, or not allowed',
    mend: 'use a public https address; inside, the admin names it in SLUICE_PRIVATE_HOSTS',
  },
  too_many_notifications: {
    title: 'Events of the app go to as many places as they can',
    cause: 'old ones were not removed',
    mend: '`sluice notify:remove`',
  },
} as const satisfies Record<string, ReasonText>;
