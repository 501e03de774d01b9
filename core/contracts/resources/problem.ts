import { z } from 'zod';
import { Reason } from '../../reason.ts';

/** RFC 9457 problem document; `reason` is ours. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().optional(),
  instance: z.string().optional(),
  reason: Reason,
});
export type Problem = z.infer<typeof Problem>;
