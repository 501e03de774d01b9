import { z } from 'zod';

/** null removes a key. */
export const SetConfig = z.object({
  values: z.record(z.string(), z.string().max(65_536).nullable()),
  /** Live as soon as it is healthy, without a canary. */
  now: z.boolean().default(false),
});
