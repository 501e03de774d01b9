import { z } from 'zod';
import { BUILD_STATES } from '../../build.ts';
import { CommitId, Id } from '../../names.ts';
import { ROLLOUT_EVENT_KINDS, ROLLOUT_STATES } from '../../rollout.ts';
import { time } from './time.ts';

/** What notifications can be asked for, and streams tell but for the last two. */
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

export const EventType = z.enum([
  ...NotificationType.options,
  /** Of streams only: what changes so often, or so little, that nobody wants a message of it. */
  'build.updated',
  'rollout.updated',
  'rollout.note',
  'app.updated',
]);
export type EventType = z.infer<typeof EventType>;

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
  /** Of a canary: 1 for the first. */
  step: z.number().int().exactOptional(),
  /** Percent of the traffic, to a hundredth. */
  weight: z.number(),
  paused: z.boolean(),
  /** It waits for a person. */
  held: z.boolean(),
  reason: reason.exactOptional(),
  supersededBy: z.number().int().exactOptional(),
});

/** A line of a rollout's story. */
const note = z.object({ about: z.enum(ROLLOUT_EVENT_KINDS), text: z.string() });

/** Keys, never values. */
const config = z.object({
  version: z.number().int(),
  person: z.string(),
  added: z.array(z.string()),
  changed: z.array(z.string()),
  removed: z.array(z.string()),
});

/** Something that happened, as event streams tell it and as it is sent to others. */
export const Event = z.object({
  type: EventType,
  /** In a stream what `Last-Event-ID` goes on after; of what is sent the `webhook-id`, the same for each attempt. */
  id: z.string(),
  /** When it happened; what is sent may arrive much later, and in another order. */
  at: time,
  app: z.object({ id: Id, name: z.string() }),
  /** What it is about, as it was then. */
  data: z.object({
    /** With `build.*`. */
    build: build.exactOptional(),
    /** With `release.*` and `rollout.*`. */
    release: release.exactOptional(),
    /** With `rollout.*` but notes. */
    rollout: rollout.exactOptional(),
    /** With `rollout.note`. */
    note: note.exactOptional(),
    /** With `config.changed`. */
    config: config.exactOptional(),
    /** With `app.updated`: renamed, or down for maintenance, or up again. */
    app: z.object({ name: z.string(), maintenance: z.boolean() }).exactOptional(),
  }),
});
export type Event = z.infer<typeof Event>;

/** A piece of a build's log: whole lines, but for its very end. */
export const LogChunk = z.object({ text: z.string() });
