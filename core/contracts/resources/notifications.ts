import { z } from 'zod';
import { BUILD_STATES } from '../../build.ts';
import { CommitId, Id } from '../../names.ts';
import { ROLLOUT_STATES } from '../../rollout.ts';
import { time } from './time.ts';

/** What can be told to an endpoint. */
export const NotificationType = z.enum([
  'build.created',
  'build.started',
  'build.succeeded',
  'build.failed',
  'build.cancelled',
  'build.superseded',
  'release.created',
  'rollout.started',
  'rollout.step',
  'rollout.promoted',
  'rollout.rolled-back',
  'rollout.failed',
  'rollout.cancelled',
  'rollout.superseded',
  'config.changed',
  'ping',
]);
export type NotificationType = z.infer<typeof NotificationType>;

/** One of them, all of a topic as `rollout.*`, or `*`. */
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

/** Without `detail`: that may quote logs. */
const reason = z.object({ code: z.string(), message: z.string(), hint: z.string().exactOptional() });

const build = z.object({
  number: z.number().int(),
  commit: CommitId,
  branch: z.string(),
  source: z.enum(['push', 'api', 'hook']),
  person: z.string(),
  state: z.enum(BUILD_STATES),
  attempt: z.number().int(),
  reason: reason.exactOptional(),
  supersededBy: z.number().int().exactOptional(),
});

const release = z.object({
  number: z.number().int(),
  source: z.enum(['build', 'config', 'rollback', 'image']),
  description: z.string(),
  person: z.string(),
  commit: CommitId.exactOptional(),
  build: z.number().int().exactOptional(),
  rollbackOf: z.number().int().exactOptional(),
});

const rollout = z.object({
  state: z.enum(ROLLOUT_STATES),
  /** With `rollout.step`: 1 for the first. */
  step: z.number().int().exactOptional(),
  /** Percent of the traffic, to a hundredth. */
  weight: z.number(),
  reason: reason.exactOptional(),
  supersededBy: z.number().int().exactOptional(),
});

/** Keys, never values. */
const config = z.object({
  version: z.number().int(),
  person: z.string(),
  added: z.array(z.string()),
  changed: z.array(z.string()),
  removed: z.array(z.string()),
});

/** The body of an outgoing event, by the Standard Webhooks specification. */
export const NotificationEvent = z.object({
  type: NotificationType,
  /** When it happened; it may arrive much later, and in another order. */
  timestamp: time,
  data: z.object({
    app: z.object({ id: Id, name: z.string() }),
    /** With `build.*`, and where a build is behind a release. */
    build: build.exactOptional(),
    /** With `release.*` and `rollout.*`. */
    release: release.exactOptional(),
    /** With `rollout.*`. */
    rollout: rollout.exactOptional(),
    /** With `config.changed`. */
    config: config.exactOptional(),
  }),
});
export type NotificationEvent = z.infer<typeof NotificationEvent>;

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

export const AddNotification = z.object({
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
