import { z } from 'zod';
import { BUILD_STATES } from '../../build.ts';
import { CommitId } from '../../names.ts';
import { Reason } from '../../reason.ts';
import { ROLLOUT_EVENT_KINDS, ROLLOUT_STATES } from '../../rollout.ts';
import { Release } from './releases.ts';
import { time } from './time.ts';

const happened = {
  /** Rises with each event of the platform; what `Last-Event-ID` goes on after. */
  id: z.number().int().min(1),
  at: time,
  app: z.string(),
};

/** A build was made, is in another state, or begins another attempt. */
export const BuildEvent = z.object({
  ...happened,
  kind: z.literal('build'),
  build: z.number().int(),
  state: z.enum(BUILD_STATES),
  attempt: z.number().int(),
  commit: CommitId,
  /** Once it has ended otherwise than well. */
  reason: Reason.optional(),
  supersededBy: z.number().int().optional(),
});

/** A release was made. */
export const ReleaseEvent = z.object({
  ...happened,
  kind: z.literal('release'),
  release: z.number().int(),
  source: Release.shape.source,
  description: z.string(),
  build: z.number().int().optional(),
});

/** A rollout is in another state, at another step or weight, was paused, held, or let go on. */
export const RolloutEvent = z.object({
  ...happened,
  kind: z.literal('rollout'),
  release: z.number().int(),
  state: z.enum(ROLLOUT_STATES),
  /** Percent of the traffic, to a hundredth. */
  weight: z.number().min(0).max(100),
  /** 0 before the first. */
  step: z.number().int().min(0),
  paused: z.boolean(),
  /** It waits for a person. */
  held: z.boolean(),
  /** Its verdict, once it has ended otherwise than live. */
  reason: Reason.optional(),
  supersededBy: z.number().int().optional(),
});

/** An app was renamed, or is down for maintenance, or is up again. */
export const AppEvent = z.object({
  ...happened,
  kind: z.literal('app'),
  name: z.string(),
  maintenance: z.boolean(),
});

/** A line of a rollout's story. */
export const StoryEvent = z.object({
  ...happened,
  kind: z.literal('story'),
  release: z.number().int(),
  about: z.enum(ROLLOUT_EVENT_KINDS),
  text: z.string(),
});

export const FeedEvent = z.discriminatedUnion('kind', [
  AppEvent,
  BuildEvent,
  ReleaseEvent,
  RolloutEvent,
  StoryEvent,
]);
export type FeedEvent = z.infer<typeof FeedEvent>;

/** A piece of a build's log: whole lines, but for its very end. */
export const LogChunk = z.object({ text: z.string() });
