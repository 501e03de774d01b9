import { z } from 'zod';
import { AUDIT_HEAD, AUDIT_HEAD_RULE } from '../../audit-head.ts';
import { paging } from '../route.ts';
import { time } from './time.ts';

/** One thing that was done: who, by what way, from where, to which app, and facts about it, never a secret. */
export const AuditEntry = z.object({
  /** In the order in which it happened, without gaps. */
  number: z.number().int(),
  at: time,
  /** `topic.verb`, such as `build.create`. */
  action: z.string(),
  /** As they were called then; absent: the platform by itself. */
  person: z.string().optional(),
  app: z.string().optional(),
  /** Absent in rows of versions that did not note it. */
  via: z.enum(['machine', 'key', 'token', 'hook', 'platform']).optional(),
  address: z.string().optional(),
  /** The fingerprint of the key, or the name of the token or the hook. */
  credential: z.string().optional(),
  detail: z.record(z.string(), z.unknown()),
  /** With its number: where the log ended then, for `audit:verify --head`. */
  hash: z.string(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

export const AppAuditQuery = paging.extend({
  /** A name, as it was then. */
  person: z.string().max(64).optional(),
  /** `build.create`, or `build` for all of the topic. */
  action: z.string().max(64).optional(),
  /** ISO 8601, or a day. */
  since: z.iso.datetime({ offset: true }).or(z.iso.date()).optional(),
});
export const AuditQuery = AppAuditQuery.extend({ app: z.string().max(64).optional() });

/** Where a log ended: number of its last row and that row's hash. */
export const AuditHead = z.string().regex(AUDIT_HEAD, { message: AUDIT_HEAD_RULE });

export const AuditVerification = z.object({
  ok: z.boolean(),
  /** Rows that are as they were written, from the first that is kept on. */
  rows: z.number().int(),
  /** The end of these: note it outside of the platform. Absent: there is none. */
  head: AuditHead.optional(),
  /** The row, and when, in which the rows before it were sealed: by the first start with a chain, or by who began it anew. */
  sealed: z.object({ row: z.number().int(), at: time }).optional(),
  /** What retention has taken off its beginning: all up to this row, and when it last did. */
  retired: z.object({ upTo: z.number().int(), at: time }).optional(),
  fault: z
    .object({
      row: z.number().int(),
      kind: z.enum(['changed', 'missing', 'cut', 'head', 'rewritten', 'retired']),
      message: z.string(),
    })
    .optional(),
});
export type AuditVerification = z.infer<typeof AuditVerification>;
