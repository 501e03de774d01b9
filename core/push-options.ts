import { z } from 'zod';

/** What a push or `builds:create` may ask for (`git push -o NAME`). */
export const PushOptions = z.object({
  wait: z.enum(['build', 'live']).default('live'),
  detach: z.boolean().default(false),
  now: z.boolean().default(false),
  noCache: z.boolean().default(false),
  supersede: z.boolean().default(false),
  reason: z.string().max(500).optional(),
});
export type PushOptions = z.infer<typeof PushOptions>;
