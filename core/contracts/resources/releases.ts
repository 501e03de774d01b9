import { z } from 'zod';
import { CommitId, Id } from '../../names.ts';
import { Reason } from '../../reason.ts';
import { ROLLOUT_STATES } from '../../rollout.ts';
import { requestBody } from '../request-body.ts';
import { time } from './time.ts';

export const Release = z.object({
  id: Id,
  number: z.number().int(),
  source: z.enum(['build', 'config', 'rollback', 'image']),
  /** One line for people: `Deploy 1a2b3c4d`, `Set DATABASE_URL`, `Rollback to v3`. */
  description: z.string(),
  build: z.number().int().optional(),
  commit: CommitId.optional(),
  image: z.string(),
  configVersion: z.number().int(),
  rollbackOf: z.number().int().optional(),
  person: z.string(),
  state: z.enum(ROLLOUT_STATES),
  live: z.boolean(),
  /** Percent of the traffic, while it is a canary. */
  weight: z.number().optional(),
  reason: Reason.optional(),
  /** Only in the answer to a rollback: what is not undone by it. */
  warnings: z.array(z.string()).optional(),
  createdAt: time,
  finishedAt: time.optional(),
});
export type Release = z.infer<typeof Release>;

export const ReleaseDetail = Release.extend({
  processes: z.record(z.string(), z.string()),
  /** The release that was live before it: what its canary, if any, and its config are compared with. */
  comparedWith: z.number().int().optional(),
  /** Whether a rollback would take it: it was live, its image is kept, and it is not what is live. */
  canGoBackTo: z.boolean(),
  /** How its rollout went, in one line; absent until it has ended. */
  verdict: z.object({ text: z.string(), at: time }).optional(),
  /** Keys, never values. */
  configChanges: z.object({
    added: z.array(z.string()),
    changed: z.array(z.string()),
    removed: z.array(z.string()),
  }),
});
export type ReleaseDetail = z.infer<typeof ReleaseDetail>;

/** One thing in which two releases differ. */
export const Difference = z.object({
  what: z.enum([
    'image',
    'commit',
    'port',
    'process',
    'release command',
    'scale',
    'health',
    'grace',
    'canary',
    'default',
    'config',
    'secret',
  ]),
  /** Of the process, or the key of the config. */
  name: z.string().optional(),
  change: z.enum(['added', 'changed', 'removed']),
  /** Absent for secrets, for config that who asks may not read, and where there is nothing. */
  from: z.string().optional(),
  to: z.string().optional(),
});
export type Difference = z.infer<typeof Difference>;

export const ReleaseDiff = z.object({
  from: z.number().int(),
  to: z.number().int(),
  items: z.array(Difference),
});
export type ReleaseDiff = z.infer<typeof ReleaseDiff>;
/** An image of a registry instead of a build. It walks the canary's steps as any release does. */
export const CreateRelease = requestBody({
  /** `registry/name@sha256:…`; a tag alone is refused. */
  image: z.string().min(1).max(600),
});

export const Rollback = requestBody({
  /** Absent: the release that was live before. */
  release: z.number().int().min(1).optional(),
  /** By the canary steps of that release; else at once. */
  canary: z.boolean().default(false),
});
