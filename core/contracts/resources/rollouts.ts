import { z } from 'zod';
import { CanaryPolicy } from '../../manifest/manifest.ts';
import { CommitId } from '../../names.ts';
import { Reason } from '../../reason.ts';
import { ROLLOUT_EVENT_KINDS, ROLLOUT_STATES } from '../../rollout.ts';
import { Release } from './releases.ts';
import { time } from './time.ts';

/** Shares are 0 to 1 and absent where nothing was counted; errors are answers with 5xx and those broken off. */
export const SideEvidence = z.object({
  requests: z.number().int(),
  errors: z.number().int(),
  errorShare: z.number().exactOptional(),
  /** Milliseconds to the first byte. */
  latencyP50Ms: z.number().exactOptional(),
  latencyP95Ms: z.number().exactOptional(),
  /** Requests whose latency was measured. */
  latencySamples: z.number().int(),
  restarts: z.number().int(),
  /** Requests of the platform's own, not among `requests`. */
  probes: z.object({ sent: z.number().int(), failed: z.number().int() }),
});

/** The numbers behind what a canary did: the same fields as in core/canary/decision.ts. */
export const Evidence = z.object({
  canary: SideEvidence,
  stable: SideEvidence,
  over: z.enum(['step', 'rollout']),
  seconds: z.number(),
  /** The smallest excess of the canary's error share that these numbers would have shown. */
  smallestExcess: z.number().exactOptional(),
  /** Set for an app without `web`, which has no requests to compare: only whether its processes stay up. */
  only: z.literal('uptime').exactOptional(),
});

/** One release on its way to all traffic, and how it ended. */
export const Rollout = z.object({
  release: z.number().int(),
  state: z.enum(ROLLOUT_STATES),
  source: Release.shape.source,
  description: z.string(),
  person: z.string(),
  commit: CommitId.optional(),
  /** The release that was live when it began. */
  previous: z.number().int().optional(),
  /** Percent of the traffic, to a hundredth. */
  weight: z.number().min(0).max(100),
  /** The step it is at, or was at last; absent before the first and for a release without `web`. */
  step: z.object({ number: z.number().int().min(1), of: z.number().int().min(1) }).optional(),
  /** Absent: no canary, live as soon as it is healthy. */
  policy: CanaryPolicy.optional(),
  /** It does not go on by itself until somebody resumes or promotes it. */
  paused: z.object({ by: z.string() }).optional(),
  /** Why it waits for a person. */
  held: Reason.optional(),
  /** What was seen of the canary so far. */
  evidence: z.object({ step: Evidence, rollout: Evidence }).optional(),
  reason: Reason.optional(),
  supersededBy: z.number().int().optional(),
  /** The release that is live now. */
  live: z.number().int().optional(),
  /** The command that would undo it. */
  undo: z.string().optional(),
  createdAt: time,
  finishedAt: time.optional(),
});
export type Rollout = z.infer<typeof Rollout>;

/** With its story, oldest line first. */
export const RolloutDetail = Rollout.extend({
  events: z.array(
    z.object({
      at: time,
      kind: z.enum(ROLLOUT_EVENT_KINDS),
      text: z.string(),
      evidence: Evidence.optional(),
    }),
  ),
});
export type RolloutDetail = z.infer<typeof RolloutDetail>;
