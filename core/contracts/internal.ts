import { z } from 'zod';
import { CommitId, Id } from '../names.ts';
import { Manifest } from '../manifest/manifest.ts';
import { PushOptions } from '../push-options.ts';
import { Reason } from '../reason.ts';

/**
 * What the parts of the platform say to the server over its unix socket, all under `/internal`.
 * Errors are RFC 9457 problems whose `reason` is a Reason.
 *
 *   POST /internal/ssh/authenticate                       Authenticate → Authenticated | 401
 *   POST /internal/ssh/authorize                          Authorize → Authorized | 403 | 404
 *   POST /internal/pushes                                 AcceptPush → AcceptedPush | 409 | 422 | 507
 *   GET  /internal/builds/:id/log?offset=0&until=live     bytes; follows, ends when the build (or its rollout) has
 *   GET  /internal/builds/:id/verdict?until=live          Verdict; answers at once
 *   POST /internal/builders                               BuilderHello → {}
 *   GET  /internal/attempts                               OpenAttempts
 *   POST /internal/attempts/claim                         Claim → ClaimedTask | 409 (older attempt, ended, not its turn)
 *   GET  /internal/builds/:id/attempts/:n/tree            the commit as tar entries, without end-of-archive blocks
 *   POST /internal/builds/:id/attempts/:n/secrets         {} → BuildSecrets
 *   GET  /internal/builds/:id/attempts/:n/watch           held open while the attempt may go on; newline-delimited
 *                                                         WatchEvent; its presence is the attempt's heart beat
 *   POST /internal/builds/:id/attempts/:n/log?offset=N    bytes → LogAck (a repeat of known bytes is skipped; what may begin
 *                                                         a secret is not taken before what follows it, or `&last=1`)
 *   POST /internal/builds/:id/attempts/:n/stage           StageStarted → {}
 *   POST /internal/builds/:id/attempts/:n/tested          Tested → TestedAnswer
 *   POST /internal/builds/:id/attempts/:n/finish          Finish → {} (idempotent)
 *
 * An attempt route answers 410 when the attempt is no longer the build's current one: stop and clean up.
 * Any request under /v1 may carry `x-sluice-person: <id>`, and with it the fingerprint of the key that logged in and
 * the client's address. Only this socket honours them.
 */

export const PERSON_HEADER = 'x-sluice-person';
export const KEY_HEADER = 'x-sluice-key';
export const ADDRESS_HEADER = 'x-sluice-address';

/** How somebody came in over SSH. */
const Login = {
  /** Fingerprint of the key; one that was removed since is refused. */
  key: z.string().max(100).optional(),
  /** The client's address. */
  address: z.string().max(100).optional(),
};

export const Authenticate = z.object({
  /** Public key blob, base64, as in an authorized_keys line. */
  key: z.string().max(20_000),
});
export const Authenticated = z.object({
  person: z.object({ id: Id, name: z.string() }),
  fingerprint: z.string(),
});
export type Authenticated = z.infer<typeof Authenticated>;

export const GitService = z.enum(['git-receive-pack', 'git-upload-pack']);
export type GitService = z.infer<typeof GitService>;

export const Authorize = z.object({ personId: Id, app: z.string().max(200), service: GitService, ...Login });
export const PushLimits = z.object({
  /** Bytes of the pack as sent. */
  packBytes: z.number().int(),
  /** Bytes of all blobs of the commit's tree, expanded. */
  expandedBytes: z.number().int(),
  /** Entries of the commit's tree, folders not counted. */
  entries: z.number().int(),
});
export const Authorized = z.object({
  app: z.object({ id: Id, name: z.string() }),
  repository: z.string(),
  deployBranch: z.string(),
  limits: PushLimits,
});
export type Authorized = z.infer<typeof Authorized>;

export const AcceptPush = z.object({
  personId: Id,
  appId: Id,
  commit: CommitId,
  /** The branch's value that the client saw; all zeros when the branch did not exist. */
  old: CommitId,
  options: PushOptions,
  /** Made by the front for each push, so that asking again gives the same build. */
  pushId: z.string().max(64).optional(),
  ...Login,
});
export type AcceptPush = z.infer<typeof AcceptPush>;
export const AcceptedPush = z.object({
  build: z.object({ id: Id, number: z.number().int() }),
  /** The same commit was under way already: this push follows that build. */
  attached: z.boolean(),
});
export type AcceptedPush = z.infer<typeof AcceptedPush>;

export { Until, Verdict } from './resources/verdict.ts';

/** A builder has started; attempts that an older instance of it held are tried again at once. */
export const BuilderHello = z.object({ builder: z.string().max(100), instance: z.string().max(100) });
/** Attempts under way, as `buildId-attempt`: what an engine runs beside them is nobody's. */
export const OpenAttempts = z.object({ open: z.array(z.string()) });
export type OpenAttempts = z.infer<typeof OpenAttempts>;
export const Claim = z.object({
  buildId: Id,
  attempt: z.number().int().min(1),
  builder: z.string().max(100),
  instance: z.string().max(100),
});
export const ClaimedTask = z.object({
  installationId: Id,
  appId: Id,
  appName: z.string(),
  buildId: Id,
  buildNumber: z.number().int(),
  attempt: z.number().int(),
  commit: CommitId,
  manifest: Manifest,
  noCache: z.boolean(),
  /** Bytes of this attempt's log that the server already has (0 unless a claim is repeated). */
  logBytes: z.number().int(),
  /** For `GET /trees/<build>/<attempt>` and `/secrets/<build>/<attempt>`, where the server offers them. */
  attemptToken: z.string().optional(),
});
export type ClaimedTask = z.infer<typeof ClaimedTask>;

/** What commands of the build may mount, by name: asked for when one does, and written nowhere. */
export const BuildSecrets = z.record(z.string(), z.string());
export type BuildSecrets = z.infer<typeof BuildSecrets>;

export const WatchEvent = z.object({ event: z.enum(['alive', 'cancel']) });

/** Bytes of the attempt's log that need not be sent again. */
export const LogAck = z.object({ received: z.number().int() });
export type LogAck = z.infer<typeof LogAck>;
export const StageStarted = z.object({ stage: z.enum(['test', 'build']) });
export const Tested = z.object({ testImage: z.string(), cached: z.boolean() });
export const TestedAnswer = z.object({ ranInBuild: z.number().int().optional() });
export const Finish = z.discriminatedUnion('result', [
  z.object({
    result: z.literal('succeeded'),
    image: z.object({
      image: z.string(),
      exposedPorts: z.array(z.number().int()),
      sizeBytes: z.number(),
      user: z.string(),
    }),
    baseDigests: z.record(z.string(), z.string()),
  }),
  z.object({ result: z.literal('failed'), reason: Reason }),
  z.object({ result: z.literal('cancelled') }),
  /** Ended through no fault of its own: the next attempt may do better. */
  z.object({ result: z.literal('lost'), reason: Reason }),
]);
export type Finish = z.infer<typeof Finish>;

export { BUILD_QUEUE } from './queue.ts';
export const BuildJob = z.object({ buildId: Id, attempt: z.number().int() });
export type BuildJob = z.infer<typeof BuildJob>;
