import { z } from 'zod';
import { BUILD_STATES } from '../../build.ts';
import { CommitId, Id } from '../../names.ts';
import { Reason } from '../../reason.ts';
import { requestBody } from '../request-body.ts';
import { time } from './time.ts';

export const Build = z.object({
  id: Id,
  number: z.number().int(),
  commit: CommitId,
  branch: z.string(),
  source: z.enum(['push', 'api', 'hook']),
  state: z.enum(BUILD_STATES),
  attempt: z.number().int(),
  person: z.string(),
  reason: Reason.optional(),
  /** The `-o reason=…` of its push. */
  note: z.string().optional(),
  supersededBy: z.number().int().optional(),
  release: z.number().int().optional(),
  createdAt: time,
  startedAt: time.optional(),
  finishedAt: time.optional(),
});
export type Build = z.infer<typeof Build>;

export const CreateBuild = requestBody({
  /** Absent: the newest commit that was live. */
  commit: CommitId.optional(),
  noCache: z.boolean().default(false),
  /** Live as soon as it is healthy, without a canary. */
  now: z.boolean().default(false),
  /** Fetched from the linked repository first: what a branch or a tag is at, or the commit out of its history. */
  fetch: requestBody({ ref: z.string().min(1).max(200).optional() }).optional(),
});
