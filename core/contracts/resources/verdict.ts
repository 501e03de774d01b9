import { z } from 'zod';
import { BUILD_STATES } from '../../build.ts';
import { Reason } from '../../reason.ts';
import { ROLLOUT_STATES } from '../../rollout.ts';

/** What is waited for: the image, or that its release has all traffic. */
export const Until = z.enum(['build', 'live']);
export type Until = z.infer<typeof Until>;

/** How a build stands, or with `live` the rollout of its release: the one answer to "is it over, and was it good?". */
export const Verdict = z.object({
  ended: z.boolean(),
  ok: z.boolean(),
  build: z.object({ number: z.number().int(), state: z.enum(BUILD_STATES) }),
  release: z.object({ number: z.number().int(), rollout: z.enum(ROLLOUT_STATES) }).optional(),
  reason: Reason.optional(),
  /** While it is queued: what the builder works on instead. */
  behind: z.string().optional(),
  /** What is live now, after the verdict. */
  live: z.object({ release: z.number().int(), commit: z.string().optional() }).optional(),
  /** Where what is live answers; absent when it has no `web`, or all of it is scaled to 0. */
  url: z.string().optional(),
  /** What is live has a `web`, and none of it is to run. */
  webScaledToZero: z.boolean().optional(),
});
export type Verdict = z.infer<typeof Verdict>;
