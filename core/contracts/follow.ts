import { z } from 'zod';
import { Reason } from '../reason.ts';
import { ProbeAnswer, ProbeBody, RouteBody, RouterCounts, Token } from './router.ts';

/**
 * How routers of a cluster follow the server: each holds one stream open, and says what came of it by its own requests.
 * All below `/internal/routers`, with a platform token (`Authorization: Bearer …`).
 *
 *   GET  /:name/routes    newline-delimited FollowEvent, for as long as both live; a later one of that name ends it
 *   POST /:name/applied   AppliedReport → {}
 *   POST /:name/counts    CountsReport → {}     each second, and when asked
 *   POST /:name/probes    ProbeReport → {}
 *
 * A report of a session that has ended answers 410: follow anew. Reports go as `FOLLOW_TYPE`, as they may be large.
 */

export const FOLLOW_TYPE = 'application/vnd.sluice.follow';

/** Between two lines of a stream at most, in milliseconds. */
export const ALIVE_MS = 2_000;

/** A router's own name: that of its pod. */
export const RouterName = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,252}$/);

const Session = z.string().min(1).max(64);
const Question = z.number().int().min(1);

export const FollowEvent = z.discriminatedUnion('event', [
  z.object({
    /** The first of every stream. */
    event: z.literal('hello'),
    session: Session,
    installationId: z.string(),
    /** Of the server's journal: a router never again follows one that is older. */
    generation: z.number().int().min(0),
  }),
  z.object({
    event: z.literal('routes'),
    revision: z.number().int().min(0),
    /** `set` is the whole table; apps that are not in it lose their routes. */
    complete: z.boolean(),
    set: z.array(RouteBody).max(100_000),
    removed: z.array(Token).max(100_000),
  }),
  z.object({ event: z.literal('count'), id: Question }),
  z.object({ event: z.literal('probe'), id: Question, probe: ProbeBody }),
  z.object({ event: z.literal('alive') }),
]);
export type FollowEvent = z.infer<typeof FollowEvent>;

const Failure = z.object({ status: z.number().int().min(400).max(599), reason: Reason });
export type Failure = z.infer<typeof Failure>;

/** Of which revisions HAProxy answers by now, or why not. */
export const AppliedReport = z.object({
  session: Session,
  applied: z
    .array(z.object({ revision: z.number().int().min(0), failure: Failure.exactOptional() }))
    .max(100_000),
});
export type AppliedReport = z.infer<typeof AppliedReport>;

export const CountsReport = RouterCounts.extend({
  session: Session,
  /** The questions that these answer. */
  answers: z.array(Question).max(10_000),
  /** Of the file that the totals are in: those of another file begin again at 0. */
  origin: z.string().min(1).max(64),
  /** The router ends, and nothing is open on it any more: these are its last numbers. */
  last: z.boolean(),
});
export type CountsReport = z.infer<typeof CountsReport>;

export const ProbeReport = z.object({
  session: Session,
  id: Question,
  outcome: z.union([z.object({ answer: ProbeAnswer }), z.object({ failure: Failure })]),
});
export type ProbeReport = z.infer<typeof ProbeReport>;
