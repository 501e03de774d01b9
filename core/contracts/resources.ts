import { z } from 'zod';
import { BuildState } from '../build.ts';
import { CanaryPolicy } from '../manifest/manifest.ts';
import { AppName, CommitId, HostName, Id, PersonName, ProcessType } from '../names.ts';
import { Reason } from '../reason.ts';
import { RolloutEventKind, RolloutState } from '../rollout.ts';

/** What the API under /v1 shows. Times are ISO 8601 in UTC; nothing here ever holds a config value but Config. */

export const Role = z.enum(['viewer', 'deployer', 'owner']);
export type Role = z.infer<typeof Role>;

const time = z.iso.datetime();

export const App = z.object({
  id: Id,
  name: AppName,
  deployBranch: z.string(),
  url: z.string(),
  gitUrl: z.string(),
  createdAt: time,
  createdBy: z.string(),
  live: z
    .object({
      release: z.number().int(),
      commit: CommitId.optional(),
      /** false: it has no `web`, so nothing answers at `url`. */
      web: z.boolean(),
      /** How many of its `web` are to run; 0: nothing answers at `url` until it is scaled up. */
      webReplicas: z.number().int(),
      since: time,
    })
    .optional(),
  domains: z.array(z.string()),
  role: Role.or(z.literal('admin')),
});
export type App = z.infer<typeof App>;

export const Build = z.object({
  id: Id,
  number: z.number().int(),
  commit: CommitId,
  branch: z.string(),
  source: z.enum(['push', 'api', 'hook']),
  state: BuildState,
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
  state: RolloutState,
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
  state: RolloutState,
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
    z.object({ at: time, kind: RolloutEventKind, text: z.string(), evidence: Evidence.optional() }),
  ),
});
export type RolloutDetail = z.infer<typeof RolloutDetail>;

export const Process = z.object({
  type: ProcessType,
  command: z.string(),
  replicas: z.number().int(),
  running: z.array(
    z.object({
      name: z.string(),
      index: z.number().int(),
      release: z.number().int(),
      state: z.string(),
      restarts: z.number().int(),
      startedAt: time.optional(),
      reason: Reason.optional(),
    }),
  ),
});
export type Process = z.infer<typeof Process>;

export const Domain = z.object({ host: z.string(), kind: z.enum(['platform', 'custom']) });
export const Key = z.object({
  id: Id,
  person: PersonName,
  fingerprint: z.string(),
  algorithm: z.string(),
  comment: z.string(),
  createdAt: time,
});
export const Member = z.object({ person: PersonName, role: Role });
export const Me = z.object({ id: Id, name: PersonName, admin: z.boolean() });
export const LogEntry = z.object({
  at: time,
  release: z.number().int(),
  source: z.string(),
  text: z.string(),
});
export const Check = z.object({
  name: z.string(),
  ok: z.boolean(),
  message: z.string(),
  /** The command that mends it. */
  fix: z.string().optional(),
});
export const Status = z.object({
  version: z.string(),
  installationId: Id,
  domain: z.string(),
  httpPort: z.number().int(),
  httpsPort: z.number().int(),
  ssh: z.object({ address: z.string(), fingerprint: z.string() }),
  builds: z.object({ queued: z.number().int(), running: z.number().int(), slots: z.number().int() }),
  parts: z.array(Check),
});
export type Status = z.infer<typeof Status>;

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

/** Cursor pages: pass `next` as `?cursor=`. */
export function page<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next: z.string().optional() });
}

// Requests ---------------------------------------------------------------------------------------------------

export const CreateApp = z.object({ name: AppName });
export const ConfirmDestroy = z.object({ confirm: z.string() });
/** null removes a key. */
export const SetConfig = z.object({
  values: z.record(z.string(), z.string().max(65_536).nullable()),
  /** Live as soon as it is healthy, without a canary. */
  now: z.boolean().default(false),
});
export const CreateBuild = z.object({
  /** Absent: the newest commit that was live. */
  commit: CommitId.optional(),
  noCache: z.boolean().default(false),
  /** Live as soon as it is healthy, without a canary. */
  now: z.boolean().default(false),
});
export const Rollback = z.object({
  /** Absent: the release that was live before. */
  release: z.number().int().min(1).optional(),
  /** By the canary steps of that release; else at once. */
  canary: z.boolean().default(false),
});
export const Scale = z.object({ processes: z.record(ProcessType, z.number().int().min(0).max(100)) });
export const Restart = z.object({ process: ProcessType.optional() });
export const AddDomain = z.object({ host: HostName });
export const AddKey = z.object({
  /** One line of an authorized_keys file. */
  publicKey: z.string().max(20_000),
  /** Another person's name: admins only; the person is made when there is none. */
  person: PersonName.optional(),
});
export const SetMember = z.object({ role: Role });
export const Setup = z.object({ person: PersonName, publicKey: z.string().max(20_000) });
export const RunCommand = z.object({
  command: z.array(z.string()).min(1).max(500),
  tty: z.boolean().default(false),
  columns: z.number().int().min(1).max(1_000).optional(),
  rows: z.number().int().min(1).max(1_000).optional(),
});
