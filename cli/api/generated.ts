// Made from the OpenAPI document by scripts/api-client.ts. Do not edit: node scripts/api-client.ts

export type App = { id: string; name: string; deployBranch: string; url: string; gitUrl: string; createdAt: string; createdBy: string; live?: { release: number; commit?: string; web: boolean; webReplicas: number; since: string }; domains: (string)[]; role: "viewer" | "deployer" | "owner" | "pusher" | "admin" };

export type Build = { id: string; number: number; commit: string; branch: string; source: "push" | "api" | "hook"; state: "queued" | "testing" | "building" | "succeeded" | "failed" | "cancelled" | "superseded"; attempt: number; person: string; reason?: Reason; note?: string; supersededBy?: number; release?: number; createdAt: string; startedAt?: string; finishedAt?: string };

export type Release = { id: string; number: number; source: "build" | "config" | "rollback" | "image"; description: string; build?: number; commit?: string; image: string; configVersion: number; rollbackOf?: number; person: string; state: "starting" | "canary" | "promoting" | "live" | "rolled-back" | "failed" | "cancelled" | "superseded"; live: boolean; weight?: number; reason?: Reason; warnings?: (string)[]; createdAt: string; finishedAt?: string };

export type ReleaseDetail = { id: string; number: number; source: "build" | "config" | "rollback" | "image"; description: string; build?: number; commit?: string; image: string; configVersion: number; rollbackOf?: number; person: string; state: "starting" | "canary" | "promoting" | "live" | "rolled-back" | "failed" | "cancelled" | "superseded"; live: boolean; weight?: number; reason?: Reason; warnings?: (string)[]; createdAt: string; finishedAt?: string; processes: Record<string, string>; comparedWith?: number; canGoBackTo: boolean; verdict?: { text: string; at: string }; configChanges: { added: (string)[]; changed: (string)[]; removed: (string)[] } };

export type ReleaseDiff = { from: number; to: number; items: (Difference)[] };

export type Difference = { what: "image" | "commit" | "port" | "process" | "release command" | "scale" | "health" | "grace" | "canary" | "default" | "config" | "secret"; name?: string; change: "added" | "changed" | "removed"; from?: string; to?: string };

export type Rollout = { release: number; state: "starting" | "canary" | "promoting" | "live" | "rolled-back" | "failed" | "cancelled" | "superseded"; source: "build" | "config" | "rollback" | "image"; description: string; person: string; commit?: string; previous?: number; weight: number; step?: { number: number; of: number }; policy?: { steps: (number)[]; bakeSeconds: number; maxErrorRate: number; maxLatencyRatio: number; minRequests: number; maxWaitSeconds: number; onNoData: "promote" | "hold" | "rollback"; keepSeconds: number }; paused?: { by: string }; held?: Reason; evidence?: { step: Evidence; rollout: Evidence }; reason?: Reason; supersededBy?: number; live?: number; undo?: string; createdAt: string; finishedAt?: string };

export type RolloutDetail = { release: number; state: "starting" | "canary" | "promoting" | "live" | "rolled-back" | "failed" | "cancelled" | "superseded"; source: "build" | "config" | "rollback" | "image"; description: string; person: string; commit?: string; previous?: number; weight: number; step?: { number: number; of: number }; policy?: { steps: (number)[]; bakeSeconds: number; maxErrorRate: number; maxLatencyRatio: number; minRequests: number; maxWaitSeconds: number; onNoData: "promote" | "hold" | "rollback"; keepSeconds: number }; paused?: { by: string }; held?: Reason; evidence?: { step: Evidence; rollout: Evidence }; reason?: Reason; supersededBy?: number; live?: number; undo?: string; createdAt: string; finishedAt?: string; events: ({ at: string; kind: "starting" | "step" | "passed" | "waiting" | "held" | "paused" | "resumed" | "promoting" | "note" | "live" | "rolled-back" | "failed" | "cancelled" | "superseded"; text: string; evidence?: Evidence })[] };

export type Evidence = { canary: SideEvidence; stable: SideEvidence; over: "step" | "rollout"; seconds: number; smallestExcess?: number; only?: "uptime" };

export type SideEvidence = { requests: number; errors: number; errorShare?: number; latencyP50Ms?: number; latencyP95Ms?: number; latencySamples: number; restarts: number; probes: { sent: number; failed: number } };

export type Process = { type: string; command: string; replicas: number; running: ({ name: string; index: number; release: number; state: string; restarts: number; startedAt?: string; reason?: Reason })[] };

export type Config = { version: number; values: Record<string, string>; secrets: (string)[]; staged?: StagedConfig };

export type ChangedConfig = { version: number; secrets: (string)[]; release?: Release };

export type StagedConfig = { release: number; added: (string)[]; changed: (string)[]; removed: (string)[] };

export type Secret = { name: string; kinds: ("env" | "build" | "file")[]; version?: number; setBy?: string; setAt?: string; olderIn: ({ release: number; live: boolean; until?: string })[] };

export type Secrets = { version: number; items: (Secret)[]; staged?: StagedConfig };

export type Domain = { host: string; kind: "platform" | "custom" };

export type Key = { id: string; person: string; fingerprint: string; algorithm: string; comment: string; createdAt: string; lastUsedAt?: string; lastUsedFrom?: string };

export type DeployKey = { id: string; fingerprint: string; algorithm: string; comment: string; createdAt: string; lastUsedAt?: string; lastUsedFrom?: string; name: string };

export type Member = { person: string; role: "viewer" | "deployer" | "owner" };

export type Token = { id: string; name: string; person: string; apps?: (string)[]; role?: "viewer" | "deployer" | "owner"; createdAt: string; expiresAt?: string; lastUsedAt?: string; lastUsedFrom?: string };

export type CreatedToken = { id: string; name: string; person: string; apps?: (string)[]; role?: "viewer" | "deployer" | "owner"; createdAt: string; expiresAt?: string; lastUsedAt?: string; lastUsedFrom?: string; token: string };

export type AuditEntry = { number: number; at: string; action: string; person?: string; app?: string; via?: "machine" | "key" | "token" | "hook" | "platform"; address?: string; credential?: string; detail: Record<string, unknown>; hash: string };

export type AuditVerification = { ok: boolean; rows: number; head?: string; fault?: { row: number; kind: "changed" | "missing" | "cut" | "head" | "rewritten"; message: string } };

export type Me = { id: string; name: string; kind: "person" | "deploy-key" | "hook"; admin: boolean; token?: Token };

export type LogEntry = { at: string; release: number; source: string; text: string };

export type BuildEvent = { id: number; at: string; app: string; kind: "build"; build: number; state: "queued" | "testing" | "building" | "succeeded" | "failed" | "cancelled" | "superseded"; attempt: number; commit: string; reason?: Reason; supersededBy?: number };

export type ReleaseEvent = { id: number; at: string; app: string; kind: "release"; release: number; source: "build" | "config" | "rollback" | "image"; description: string; build?: number };

export type RolloutEvent = { id: number; at: string; app: string; kind: "rollout"; release: number; state: "starting" | "canary" | "promoting" | "live" | "rolled-back" | "failed" | "cancelled" | "superseded"; weight: number; step: number; paused: boolean; held: boolean; reason?: Reason; supersededBy?: number };

export type StoryEvent = { id: number; at: string; app: string; kind: "story"; release: number; about: "starting" | "step" | "passed" | "waiting" | "held" | "paused" | "resumed" | "promoting" | "note" | "live" | "rolled-back" | "failed" | "cancelled" | "superseded"; text: string };

export type FeedEvent = BuildEvent | ReleaseEvent | RolloutEvent | StoryEvent;

export type LogChunk = { text: string };

export type Check = { name: string; ok: boolean; message: string; fix?: string };

export type Status = { version: string; installationId: string; domain: string; httpPort: number; httpsPort: number; ssh: { address: string; fingerprint: string }; builds: { queued: number; running: number; slots: number }; parts: (Check)[] };

export type Reason = { code: string; message: string; hint?: string; detail?: (string)[] };

export type Problem = { type: string; title: string; status: number; detail?: string; instance?: string; reason: Reason };

export type DoctorAnswer = { checks: (Check)[] };

export type ListAppsAnswer = { items: (App)[]; next?: string };

export type ListBuildsAnswer = { items: (Build)[]; next?: string };

export type ListReleasesAnswer = { items: (Release)[]; next?: string };

export type ListRolloutsAnswer = { items: (Rollout)[]; next?: string };

export type ListProcessesAnswer = { processes: (Process)[] };

export type ScaleAnswer = { processes: (Process)[] };

export type ListDomainsAnswer = { items: (Domain)[] };

export type ListMembersAnswer = { items: (Member)[] };

export type ListKeysAnswer = { items: (Key)[] };

export type ListDeployKeysAnswer = { items: (DeployKey)[] };

export type ListTokensAnswer = { items: (Token)[] };

export type ListAuditAnswer = { items: (AuditEntry)[]; next?: string };

export type ListAppAuditAnswer = { items: (AuditEntry)[]; next?: string };

export type SetupBody = { person: string; publicKey: string };

export type CreateAppBody = { name: string };

export type DestroyAppBody = { confirm: string };

export type SetConfigBody = { values: Record<string, string | null>; now?: boolean | undefined; release?: boolean | undefined; ifVersion?: number | undefined };

export type SetSecretsBody = { values: Record<string, string | null>; build?: boolean | undefined; file?: boolean | undefined; now?: boolean | undefined; release?: boolean | undefined; ifVersion?: number | undefined };

export type RotateSecretBody = { value?: string | undefined; generate?: number | undefined; now?: boolean | undefined; release?: boolean | undefined; ifVersion?: number | undefined };

export type CreateBuildBody = { commit?: string | undefined; noCache?: boolean | undefined; now?: boolean | undefined };

export type RollbackBody = { release?: number | undefined; canary?: boolean | undefined };

export type ScaleBody = { processes: Record<string, number> };

export type RestartBody = { process?: string | undefined };

export type RunBody = { command: (string)[]; tty?: boolean | undefined; columns?: number | undefined; rows?: number | undefined };

export type AddDomainBody = { host: string };

export type SetMemberBody = { role: "viewer" | "deployer" | "owner" };

export type AddKeyBody = { publicKey: string; person?: string | undefined };

export type AddDeployKeyBody = { publicKey: string; name?: string | undefined };

export type CreateTokenBody = { name?: string | undefined; apps?: (string)[] | undefined; role?: "viewer" | "deployer" | "owner" | undefined; expiresIn?: number | "never" | undefined; person?: string | undefined };

/** What each operation takes and answers. */
export interface Operations {
  me: { params: undefined; query: undefined; body: undefined; answer: Me };
  status: { params: undefined; query: undefined; body: undefined; answer: Status };
  setup: { params: undefined; query: undefined; body: SetupBody; answer: Status };
  doctor: { params: undefined; query: undefined; body: undefined; answer: DoctorAnswer };
  listApps: { params: undefined; query: { cursor?: string | undefined; limit?: number | undefined }; body: undefined; answer: ListAppsAnswer };
  createApp: { params: undefined; query: undefined; body: CreateAppBody; answer: App };
  getApp: { params: { app: string | number }; query: undefined; body: undefined; answer: App };
  destroyApp: { params: { app: string | number }; query: undefined; body: DestroyAppBody; answer: undefined };
  getConfig: { params: { app: string | number }; query: undefined; body: undefined; answer: Config };
  setConfig: { params: { app: string | number }; query: undefined; body: SetConfigBody; answer: ChangedConfig };
  listSecrets: { params: { app: string | number }; query: undefined; body: undefined; answer: Secrets };
  setSecrets: { params: { app: string | number }; query: undefined; body: SetSecretsBody; answer: ChangedConfig };
  rotateSecret: { params: { app: string | number; secret: string | number }; query: undefined; body: RotateSecretBody; answer: ChangedConfig };
  listBuilds: { params: { app: string | number }; query: { cursor?: string | undefined; limit?: number | undefined }; body: undefined; answer: ListBuildsAnswer };
  createBuild: { params: { app: string | number }; query: undefined; body: CreateBuildBody; answer: Build };
  getBuild: { params: { app: string | number; number: string | number }; query: undefined; body: undefined; answer: Build };
  getBuildLog: { params: { app: string | number; number: string | number }; query: { offset?: number | undefined; follow?: boolean | undefined }; body: undefined; answer: undefined };
  cancelBuild: { params: { app: string | number; number: string | number }; query: undefined; body: undefined; answer: Build };
  listReleases: { params: { app: string | number }; query: { cursor?: string | undefined; limit?: number | undefined }; body: undefined; answer: ListReleasesAnswer };
  getRelease: { params: { app: string | number; number: string | number }; query: undefined; body: undefined; answer: ReleaseDetail };
  diffReleases: { params: { app: string | number; number: string | number; other: string | number }; query: undefined; body: undefined; answer: ReleaseDiff };
  rollback: { params: { app: string | number }; query: undefined; body: RollbackBody; answer: Release };
  listRollouts: { params: { app: string | number }; query: { cursor?: string | undefined; limit?: number | undefined }; body: undefined; answer: ListRolloutsAnswer };
  getRollout: { params: { app: string | number; number: string | number }; query: undefined; body: undefined; answer: RolloutDetail };
  pauseRollout: { params: { app: string | number; number: string | number }; query: undefined; body: undefined; answer: Rollout };
  resumeRollout: { params: { app: string | number; number: string | number }; query: undefined; body: undefined; answer: Rollout };
  promoteRollout: { params: { app: string | number; number: string | number }; query: undefined; body: undefined; answer: Rollout };
  abortRollout: { params: { app: string | number; number: string | number }; query: undefined; body: undefined; answer: Rollout };
  listProcesses: { params: { app: string | number }; query: undefined; body: undefined; answer: ListProcessesAnswer };
  scale: { params: { app: string | number }; query: undefined; body: ScaleBody; answer: ScaleAnswer };
  restart: { params: { app: string | number }; query: undefined; body: RestartBody; answer: undefined };
  run: { params: { app: string | number }; query: undefined; body: undefined; answer: undefined };
  logs: { params: { app: string | number }; query: { tail?: number | undefined; follow?: boolean | undefined; process?: string | undefined; release?: number | undefined; since?: string | undefined; level?: "debug" | "info" | "warn" | "error" | undefined }; body: undefined; answer: undefined };
  listDomains: { params: { app: string | number }; query: undefined; body: undefined; answer: ListDomainsAnswer };
  addDomain: { params: { app: string | number }; query: undefined; body: AddDomainBody; answer: Domain };
  removeDomain: { params: { app: string | number; host: string | number }; query: undefined; body: undefined; answer: undefined };
  listMembers: { params: { app: string | number }; query: undefined; body: undefined; answer: ListMembersAnswer };
  setMember: { params: { app: string | number; person: string | number }; query: undefined; body: SetMemberBody; answer: Member };
  removeMember: { params: { app: string | number; person: string | number }; query: undefined; body: undefined; answer: undefined };
  listKeys: { params: undefined; query: undefined; body: undefined; answer: ListKeysAnswer };
  addKey: { params: undefined; query: undefined; body: AddKeyBody; answer: Key };
  removeKey: { params: { key: string | number }; query: undefined; body: undefined; answer: undefined };
  listDeployKeys: { params: { app: string | number }; query: undefined; body: undefined; answer: ListDeployKeysAnswer };
  addDeployKey: { params: { app: string | number }; query: undefined; body: AddDeployKeyBody; answer: DeployKey };
  removeDeployKey: { params: { app: string | number; key: string | number }; query: undefined; body: undefined; answer: undefined };
  listTokens: { params: undefined; query: undefined; body: undefined; answer: ListTokensAnswer };
  createToken: { params: undefined; query: undefined; body: CreateTokenBody; answer: CreatedToken };
  revokeToken: { params: { token: string | number }; query: undefined; body: undefined; answer: undefined };
  listAudit: { params: undefined; query: { cursor?: string | undefined; limit?: number | undefined; person?: string | undefined; action?: string | undefined; since?: string | string | undefined; app?: string | undefined }; body: undefined; answer: ListAuditAnswer };
  listAppAudit: { params: { app: string | number }; query: { cursor?: string | undefined; limit?: number | undefined; person?: string | undefined; action?: string | undefined; since?: string | string | undefined }; body: undefined; answer: ListAppAuditAnswer };
  verifyAudit: { params: undefined; query: { head?: string | undefined }; body: undefined; answer: AuditVerification };
  listEvents: { params: undefined; query: { after?: number | undefined }; body: undefined; answer: undefined };
  listAppEvents: { params: { app: string | number }; query: { after?: number | undefined }; body: undefined; answer: undefined };
}

/**
 * How to ask for each, and which lists and objects its answer holds: those that an answer of another version lacks are
 * made empty, so that showing it never fails on them. A key with `?` may be absent.
 */
export const operations = {
  me: { method: 'GET', path: '/v1/me', shape: {} },
  status: { method: 'GET', path: '/v1/status', shape: {"ssh":{},"builds":{},"parts":[]} },
  setup: { method: 'POST', path: '/v1/setup', shape: {"ssh":{},"builds":{},"parts":[]} },
  doctor: { method: 'GET', path: '/v1/doctor', shape: {"checks":[]} },
  listApps: { method: 'GET', path: '/v1/apps', shape: {"items":[{"domains":[]}]} },
  createApp: { method: 'POST', path: '/v1/apps', shape: {"domains":[]} },
  getApp: { method: 'GET', path: '/v1/apps/{app}', shape: {"domains":[]} },
  destroyApp: { method: 'DELETE', path: '/v1/apps/{app}' },
  getConfig: { method: 'GET', path: '/v1/apps/{app}/config', shape: {"values":{},"secrets":[],"staged?":{"added":[],"changed":[],"removed":[]}} },
  setConfig: { method: 'PATCH', path: '/v1/apps/{app}/config', shape: {"secrets":[]} },
  listSecrets: { method: 'GET', path: '/v1/apps/{app}/secrets', shape: {"items":[{"kinds":[],"olderIn":[]}],"staged?":{"added":[],"changed":[],"removed":[]}} },
  setSecrets: { method: 'PATCH', path: '/v1/apps/{app}/secrets', shape: {"secrets":[]} },
  rotateSecret: { method: 'POST', path: '/v1/apps/{app}/secrets/{secret}/rotate', shape: {"secrets":[]} },
  listBuilds: { method: 'GET', path: '/v1/apps/{app}/builds', shape: {"items":[]} },
  createBuild: { method: 'POST', path: '/v1/apps/{app}/builds', shape: {} },
  getBuild: { method: 'GET', path: '/v1/apps/{app}/builds/{number}', shape: {} },
  getBuildLog: { method: 'GET', path: '/v1/apps/{app}/builds/{number}/log' },
  cancelBuild: { method: 'POST', path: '/v1/apps/{app}/builds/{number}/cancel', shape: {} },
  listReleases: { method: 'GET', path: '/v1/apps/{app}/releases', shape: {"items":[]} },
  getRelease: { method: 'GET', path: '/v1/apps/{app}/releases/{number}', shape: {"processes":{},"configChanges":{"added":[],"changed":[],"removed":[]}} },
  diffReleases: { method: 'GET', path: '/v1/apps/{app}/releases/{number}/diff/{other}', shape: {"items":[]} },
  rollback: { method: 'POST', path: '/v1/apps/{app}/rollback', shape: {} },
  listRollouts: { method: 'GET', path: '/v1/apps/{app}/rollouts', shape: {"items":[{"policy?":{"steps":[]},"evidence?":{"step":{"canary":{"probes":{}},"stable":{"probes":{}}},"rollout":{"canary":{"probes":{}},"stable":{"probes":{}}}}}]} },
  getRollout: { method: 'GET', path: '/v1/apps/{app}/rollouts/{number}', shape: {"policy?":{"steps":[]},"evidence?":{"step":{"canary":{"probes":{}},"stable":{"probes":{}}},"rollout":{"canary":{"probes":{}},"stable":{"probes":{}}}},"events":[{"evidence?":{"canary":{"probes":{}},"stable":{"probes":{}}}}]} },
  pauseRollout: { method: 'POST', path: '/v1/apps/{app}/rollouts/{number}/pause', shape: {"policy?":{"steps":[]},"evidence?":{"step":{"canary":{"probes":{}},"stable":{"probes":{}}},"rollout":{"canary":{"probes":{}},"stable":{"probes":{}}}}} },
  resumeRollout: { method: 'POST', path: '/v1/apps/{app}/rollouts/{number}/resume', shape: {"policy?":{"steps":[]},"evidence?":{"step":{"canary":{"probes":{}},"stable":{"probes":{}}},"rollout":{"canary":{"probes":{}},"stable":{"probes":{}}}}} },
  promoteRollout: { method: 'POST', path: '/v1/apps/{app}/rollouts/{number}/promote', shape: {"policy?":{"steps":[]},"evidence?":{"step":{"canary":{"probes":{}},"stable":{"probes":{}}},"rollout":{"canary":{"probes":{}},"stable":{"probes":{}}}}} },
  abortRollout: { method: 'POST', path: '/v1/apps/{app}/rollouts/{number}/abort', shape: {"policy?":{"steps":[]},"evidence?":{"step":{"canary":{"probes":{}},"stable":{"probes":{}}},"rollout":{"canary":{"probes":{}},"stable":{"probes":{}}}}} },
  listProcesses: { method: 'GET', path: '/v1/apps/{app}/ps', shape: {"processes":[{"running":[]}]} },
  scale: { method: 'PATCH', path: '/v1/apps/{app}/ps', shape: {"processes":[{"running":[]}]} },
  restart: { method: 'POST', path: '/v1/apps/{app}/ps/restart' },
  run: { method: 'POST', path: '/v1/apps/{app}/run' },
  logs: { method: 'GET', path: '/v1/apps/{app}/logs' },
  listDomains: { method: 'GET', path: '/v1/apps/{app}/domains', shape: {"items":[]} },
  addDomain: { method: 'POST', path: '/v1/apps/{app}/domains', shape: {} },
  removeDomain: { method: 'DELETE', path: '/v1/apps/{app}/domains/{host}' },
  listMembers: { method: 'GET', path: '/v1/apps/{app}/members', shape: {"items":[]} },
  setMember: { method: 'PUT', path: '/v1/apps/{app}/members/{person}', shape: {} },
  removeMember: { method: 'DELETE', path: '/v1/apps/{app}/members/{person}' },
  listKeys: { method: 'GET', path: '/v1/keys', shape: {"items":[]} },
  addKey: { method: 'POST', path: '/v1/keys', shape: {} },
  removeKey: { method: 'DELETE', path: '/v1/keys/{key}' },
  listDeployKeys: { method: 'GET', path: '/v1/apps/{app}/deploy-keys', shape: {"items":[]} },
  addDeployKey: { method: 'POST', path: '/v1/apps/{app}/deploy-keys', shape: {} },
  removeDeployKey: { method: 'DELETE', path: '/v1/apps/{app}/deploy-keys/{key}' },
  listTokens: { method: 'GET', path: '/v1/tokens', shape: {"items":[]} },
  createToken: { method: 'POST', path: '/v1/tokens', shape: {} },
  revokeToken: { method: 'DELETE', path: '/v1/tokens/{token}' },
  listAudit: { method: 'GET', path: '/v1/audit', shape: {"items":[{"detail":{}}]} },
  listAppAudit: { method: 'GET', path: '/v1/apps/{app}/audit', shape: {"items":[{"detail":{}}]} },
  verifyAudit: { method: 'GET', path: '/v1/audit/verify', shape: {} },
  listEvents: { method: 'GET', path: '/v1/events' },
  listAppEvents: { method: 'GET', path: '/v1/apps/{app}/events' },
} as const;
