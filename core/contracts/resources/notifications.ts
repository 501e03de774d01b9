import { z } from 'zod';
import { CommitId, Id } from '../../names.ts';
import { requestBody } from '../request-body.ts';
import { NotificationType } from './events.ts';
import { time } from './time.ts';

/** A type of event, all of a topic as `rollout.*`, or `*`. */
export const NotificationFilter = z
  .string()
  .refine(
    (filter) =>
      filter === '*' ||
      NotificationType.safeParse(filter).success ||
      NotificationType.options.some(
        (type) => type.includes('.') && filter === `${type.split('.')[0] ?? ''}.*`,
      ),
    { message: `must be *, a topic as rollout.*, or one of ${NotificationType.options.join(', ')}` },
  );

export function isWanted(type: string, filters: readonly string[]): boolean {
  return filters.some(
    (filter) => filter === '*' || filter === type || filter === `${type.split('.')[0] ?? ''}.*`,
  );
}

/** Where events of an app are sent. */
export const Notification = z.object({
  id: Id,
  url: z.string(),
  events: z.array(NotificationFilter),
  person: z.string(),
  createdAt: time,
  /** Why nothing is sent to it any more. */
  disabled: z.string().exactOptional(),
});
export type Notification = z.infer<typeof Notification>;

export const AddNotification = requestBody({
  url: z.url().max(2_000),
  events: z.array(NotificationFilter).min(1).max(50).default(['*']),
});

/** Its `secret` is shown this once: `whsec_` and base64, as Standard Webhooks libraries take it. */
export const AddedNotification = Notification.extend({ secret: z.string() });

export const NotificationDelivery = z.object({
  id: Id,
  /** The `webhook-id` header: the same for each attempt. */
  message: z.string(),
  type: NotificationType,
  /** Where it goes; `status` is a commit status. */
  to: z.union([z.object({ notification: Id, url: z.string() }), z.object({ status: CommitId })]),
  state: z.enum(['waiting', 'delivered', 'dead', 'superseded']),
  attempts: z.number().int(),
  /** Of the newest attempt; absent when there was no answer. */
  status: z.number().int().exactOptional(),
  /** The beginning of the answer, or why there was none. */
  answer: z.string().exactOptional(),
  createdAt: time,
  answeredAt: time.exactOptional(),
  /** Of the next attempt. */
  nextAt: time.exactOptional(),
});
export type NotificationDelivery = z.infer<typeof NotificationDelivery>;
