// Made from the OpenAPI document by scripts/api-client.ts. Do not edit: node scripts/api-client.ts

export type App = { id: string; name: string; deployBranch: string; url: string; gitUrl: string; createdAt: string; createdBy: string; live?: { release: number; commit?: string; web: boolean; webReplicas: number; since: string }; domains: (string)[]; role: "viewer" | "deployer" | "owner" | "pusher" | "admin"; maintenance: boolean };

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

export type ChangedConfig = { version: number; unchanged: boolean; alreadyIn?: number; secrets: (string)[]; release?: Release };

export type StagedConfig = { release: number; added: (string)[]; changed: (string)[]; removed: (string)[] };

export type Secret = { name: string; kinds: ("env" | "build" | "file")[]; version?: number; setBy?: string; setAt?: string; olderIn: ({ release: number; live: boolean; until?: string })[] };

export type Secrets = { version: number; items: (Secret)[]; staged?: StagedConfig };

export type Domain = { host: string; kind: "platform" | "former" | "custom" };

export type Hook = { id: string; name: string; kind: "github" | "gitlab" | "generic"; branch: string; enabled: boolean; url: string; person: string; createdAt: string; rotatedAt?: string; oldSecretUntil?: string; lastDelivery?: Delivery; lastRefused?: { at: string; code: string } };

export type HookWithSecret = { id: string; name: string; kind: "github" | "gitlab" | "generic"; branch: string; enabled: boolean; url: string; person: string; createdAt: string; rotatedAt?: string; oldSecretUntil?: string; lastDelivery?: Delivery; lastRefused?: { at: string; code: string }; secret: string };

export type HookAnswer = { delivery: string; state: "pending" | "done" | "ignored" | "failed"; event: string; url: string; build?: { number: number; url: string }; release?: { number: number; url: string }; reason?: Reason; repeated: boolean };

export type Delivery = { id: string; hook: string; event: string; state: "pending" | "done" | "ignored" | "failed"; reason?: Reason; status: number; wish?: string; build?: number; release?: number; url?: string; sentId?: string; address: string; repeats: number; redeliveryOf?: string; kept: boolean; receivedAt: string; finishedAt?: string; tookMs?: number };

export type Key = { id: string; person: string; fingerprint: string; algorithm: string; comment: string; createdAt: string; lastUsedAt?: string; lastUsedFrom?: string };

export type Person = { id: string; name: string; admin: boolean; createdAt: string; keys: number; tokens: number; apps: ({ app: string; role: "viewer" | "deployer" | "owner" })[]; lastUsedAt?: string };

export type DeployKey = { id: string; fingerprint: string; algorithm: string; comment: string; createdAt: string; lastUsedAt?: string; lastUsedFrom?: string; name: string };

export type Member = { person: string; role: "viewer" | "deployer" | "owner" };

export type Token = { id: string; name: string; person: string; apps?: (string)[]; role?: "viewer" | "deployer" | "owner"; createdAt: string; expiresAt?: string; lastUsedAt?: string; lastUsedFrom?: string };

export type CreatedToken = { id: string; name: string; person: string; apps?: (string)[]; role?: "viewer" | "deployer" | "owner"; createdAt: string; expiresAt?: string; lastUsedAt?: string; lastUsedFrom?: string; token: string };

export type AuditEntry = { number: number; at: string; action: string; person?: string; app?: string; via?: "machine" | "key" | "token" | "hook" | "platform"; address?: string; credential?: string; detail: Record<string, unknown>; hash: string };

export type AuditVerification = { ok: boolean; rows: number; head?: string; sealed?: { row: number; at: string }; retired?: { upTo: number; at: string }; fault?: { row: number; kind: "changed" | "missing" | "cut" | "head" | "rewritten" | "retired"; message: string } };

export type Me = { id: string; name: string; kind: "person" | "deploy-key" | "hook"; admin: boolean; token?: Token };

export type LogEntry = { at: string; release: number; source: string; text: string };

export type Event = { type: "build.created" | "build.started" | "build.succeeded" | "build.failed" | "build.cancelled" | "build.superseded" | "release.created" | "rollout.started" | "rollout.step" | "rollout.promoted" | "rollout.rolled-back" | "rollout.failed" | "rollout.cancelled" | "rollout.superseded" | "config.changed" | "ping" | "build.updated" | "rollout.updated" | "rollout.note" | "app.updated"; id: string; at: string; app: { id: string; name: string }; data: { build?: { number: number; commit: string; branch: string; source: "push" | "api" | "hook"; person: string; state: "queued" | "testing" | "building" | "succeeded" | "failed" | "cancelled" | "superseded"; attempt: number; reason?: { code: string; message: string; hint?: string }; supersededBy?: number }; release?: { number: number; source: "build" | "config" | "rollback" | "image"; description: string; person: string; commit?: string; build?: number; rollbackOf?: number }; rollout?: { state: "starting" | "canary" | "promoting" | "live" | "rolled-back" | "failed" | "cancelled" | "superseded"; step?: number; weight: number; paused: boolean; held: boolean; reason?: { code: string; message: string; hint?: string }; supersededBy?: number }; note?: { about: "starting" | "step" | "passed" | "waiting" | "held" | "paused" | "resumed" | "promoting" | "note" | "live" | "rolled-back" | "failed" | "cancelled" | "superseded"; text: string }; config?: { version: number; person: string; added: (string)[]; changed: (string)[]; removed: (string)[] }; app?: { name: string; maintenance: boolean } } };

export type LogChunk = { text: string };

export type Check = { name: string; ok: boolean; message: string; fix?: string };

export type Status = { version: string; installationId: string; domain: string; httpPort: number; httpsPort: number; ssh: { address: string; fingerprint: string }; builds: { queued: number; running: number; slots: number }; parts: (Check)[]; maintenance: (string)[] };

export type MasterKey = { id: string; source: "environment" | "file"; keys: number; waiting: number };

export type Verdict = { ended: boolean; ok: boolean; build: { number: number; state: "queued" | "testing" | "building" | "succeeded" | "failed" | "cancelled" | "superseded" }; release?: { number: number; rollout: "starting" | "canary" | "promoting" | "live" | "rolled-back" | "failed" | "cancelled" | "superseded" }; reason?: Reason; behind?: string; live?: { release: number; commit?: string }; url?: string; webScaledToZero?: boolean };

export type LinkedRepository = { url: string; branch: string; provider?: "github" | "gitlab" | "gitea"; login: "none" | "deploy-key" | "token"; publicKey?: string; hostKeys?: (string)[]; statuses: boolean; person: string; createdAt: string };

export type LinkedRepositoryChecked = { url: string; branch: string; provider?: "github" | "gitlab" | "gitea"; login: "none" | "deploy-key" | "token"; publicKey?: string; hostKeys?: (string)[]; statuses: boolean; person: string; createdAt: string; check: RepositoryCheck };

export type RepositoryCheck = { ok: boolean; commit?: string; reason?: Reason };

export type Notification = { id: string; url: string; events: (string)[]; person: string; createdAt: string; disabled?: string };

export type AddedNotification = { id: string; url: string; events: (string)[]; person: string; createdAt: string; disabled?: string; secret: string };

export type NotificationDelivery = { id: string; message: string; type: "build.created" | "build.started" | "build.succeeded" | "build.failed" | "build.cancelled" | "build.superseded" | "release.created" | "rollout.started" | "rollout.step" | "rollout.promoted" | "rollout.rolled-back" | "rollout.failed" | "rollout.cancelled" | "rollout.superseded" | "config.changed" | "ping"; to: { notification: string; url: string } | { status: string }; state: "waiting" | "delivered" | "dead" | "superseded"; attempts: number; status?: number; answer?: string; createdAt: string; answeredAt?: string; nextAt?: string };

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

export type ListPeopleAnswer = { items: (Person)[] };

export type ListKeysAnswer = { items: (Key)[] };

export type ListDeployKeysAnswer = { items: (DeployKey)[] };

export type ListTokensAnswer = { items: (Token)[] };

export type ListAuditAnswer = { items: (AuditEntry)[]; next?: string };

export type ListAppAuditAnswer = { items: (AuditEntry)[]; next?: string };

export type ListNotificationsAnswer = { items: (Notification)[] };

export type ListNotificationDeliveriesAnswer = { items: (NotificationDelivery)[]; next?: string };

export type ListHooksAnswer = { items: (Hook)[] };

export type ListDeliveriesAnswer = { items: (Delivery)[]; next?: string };

export type SetupBody = { person: string; publicKey: string };

export type CreateAppBody = { name: string };

export type RenameAppBody = { name: string };

export type SetMaintenanceBody = { on: boolean };

export type DestroyAppBody = { confirm: string };

export type SetConfigBody = { values: Record<string, string | null>; now?: boolean | undefined; release?: boolean | undefined; ifVersion?: number | undefined };

export type SetSecretsBody = { values: Record<string, string | null>; build?: boolean | undefined; file?: boolean | undefined; now?: boolean | undefined; release?: boolean | undefined; ifVersion?: number | undefined };

export type RotateSecretBody = { value?: string | undefined; generate?: number | undefined; now?: boolean | undefined; release?: boolean | undefined; ifVersion?: number | undefined };

export type CreateBuildBody = { commit?: string | undefined; noCache?: boolean | undefined; now?: boolean | undefined; fetch?: { ref?: string | undefined } | undefined };

export type CreateReleaseBody = { image: string };

export type RollbackBody = { release?: number | undefined; canary?: boolean | undefined };

export type ScaleBody = { processes: Record<string, number> };

export type RestartBody = { process?: string | undefined };

export type RunBody = { command: (string)[]; tty?: boolean | undefined; columns?: number | undefined; rows?: number | undefined };

export type AddDomainBody = { host: string };

export type SetMemberBody = { role: "viewer" | "deployer" | "owner" };

export type SetPersonBody = { admin: boolean };

export type AddKeyBody = { publicKey: string; person?: string | undefined };

export type AddDeployKeyBody = { publicKey: string; name?: string | undefined };

export type CreateTokenBody = { name?: string | undefined; apps?: (string)[] | undefined; role?: "viewer" | "deployer" | "owner" | undefined; expiresIn?: number | "never" | undefined; person?: string | undefined };

export type LinkRepositoryBody = { url: string; branch?: string | undefined; token?: string | undefined; provider?: "github" | "gitlab" | "gitea" | undefined; statusToken?: string | undefined };

export type AddNotificationBody = { url: string; events?: (string)[] | undefined };

export type CreateHookBody = { kind: "github" | "gitlab" | "generic"; secret?: string | undefined; name?: string | undefined; branch?: string | undefined };

export type ChangeHookBody = { enabled: boolean };

export type RotateHookBody = { keepSeconds?: number | undefined; secret?: string | undefined };

/** What each operation takes and answers. */
export interface Operations {
  me: { params: undefined; query: undefined; body: undefined; answer: Me };
  status: { params: undefined; query: undefined; body: undefined; answer: Status };
  setup: { params: undefined; query: undefined; body: SetupBody; answer: Status };
  getMasterKey: { params: undefined; query: undefined; body: undefined; answer: MasterKey };
  rotateMasterKey: { params: undefined; query: undefined; body: undefined; answer: MasterKey };
  doctor: { params: undefined; query: undefined; body: undefined; answer: DoctorAnswer };
  listApps: { params: undefined; query: { cursor?: string | undefined; limit?: number | undefined }; body: undefined; answer: ListAppsAnswer };
  createApp: { params: undefined; query: undefined; body: CreateAppBody; answer: App };
  getApp: { params: { app: string | number }; query: undefined; body: undefined; answer: App };
  renameApp: { params: { app: string | number }; query: undefined; body: RenameAppBody; answer: App };
  destroyApp: { params: { app: string | number }; query: undefined; body: DestroyAppBody; answer: undefined };
  setMaintenance: { params: { app: string | number }; query: undefined; body: SetMaintenanceBody; answer: App };
  getConfig: { params: { app: string | number }; query: undefined; body: undefined; answer: Config };
  setConfig: { params: { app: string | number }; query: undefined; body: SetConfigBody; answer: ChangedConfig };
  listSecrets: { params: { app: string | number }; query: undefined; body: undefined; answer: Secrets };
  setSecrets: { params: { app: string | number }; query: undefined; body: SetSecretsBody; answer: ChangedConfig };
  rotateSecret: { params: { app: string | number; secret: string | number }; query: undefined; body: RotateSecretBody; answer: ChangedConfig };
  listBuilds: { params: { app: string | number }; query: { cursor?: string | undefined; limit?: number | undefined }; body: undefined; answer: ListBuildsAnswer };
  createBuild: { params: { app: string | number }; query: undefined; body: CreateBuildBody; answer: Build };
  getBuild: { params: { app: string | number; number: string | number }; query: undefined; body: undefined; answer: Build };
  getVerdict: { params: { app: string | number; number: string | number }; query: { until?: "build" | "live" | undefined; wait?: number | undefined }; body: undefined; answer: Verdict };
  getBuildLog: { params: { app: string | number; number: string | number }; query: { offset?: number | undefined; follow?: boolean | undefined }; body: undefined; answer: undefined };
  cancelBuild: { params: { app: string | number; number: string | number }; query: undefined; body: undefined; answer: Build };
  listReleases: { params: { app: string | number }; query: { cursor?: string | undefined; limit?: number | undefined }; body: undefined; answer: ListReleasesAnswer };
  createRelease: { params: { app: string | number }; query: undefined; body: CreateReleaseBody; answer: Release };
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
  listPeople: { params: undefined; query: undefined; body: undefined; answer: ListPeopleAnswer };
  setPerson: { params: { person: string | number }; query: undefined; body: SetPersonBody; answer: Person };
  removePerson: { params: { person: string | number }; query: { heir?: string | undefined }; body: undefined; answer: undefined };
  listKeys: { params: undefined; query: undefined; body: undefined; answer: ListKeysAnswer };
  addKey: { params: undefined; query: undefined; body: AddKeyBody; answer: Key };
  removeKey: { params: { key: string | number }; query: undefined; body: undefined; answer: undefined };
  listDeployKeys: { params: { app: string | number }; query: undefined; body: undefined; answer: ListDeployKeysAnswer };
  addDeployKey: { params: { app: string | number }; query: undefined; body: AddDeployKeyBody; answer: DeployKey };
  removeDeployKey: { params: { app: string | number; key: string | number }; query: undefined; body: undefined; answer: undefined };
  listTokens: { params: undefined; query: undefined; body: undefined; answer: ListTokensAnswer };
  createToken: { params: undefined; query: undefined; body: CreateTokenBody; answer: CreatedToken };
  revokeToken: { params: { token: string | number }; query: undefined; body: undefined; answer: undefined };
  listAudit: { params: undefined; query: { cursor?: string | undefined; limit?: number | undefined; person?: string | undefined; action?: string | undefined; since?: string | undefined; app?: string | undefined }; body: undefined; answer: ListAuditAnswer };
  listAppAudit: { params: { app: string | number }; query: { cursor?: string | undefined; limit?: number | undefined; person?: string | undefined; action?: string | undefined; since?: string | undefined }; body: undefined; answer: ListAppAuditAnswer };
  verifyAudit: { params: undefined; query: { head?: string | undefined }; body: undefined; answer: AuditVerification };
  listEvents: { params: undefined; query: { after?: number | undefined }; body: undefined; answer: undefined };
  listAppEvents: { params: { app: string | number }; query: { after?: number | undefined }; body: undefined; answer: undefined };
  getRepository: { params: { app: string | number }; query: undefined; body: undefined; answer: LinkedRepository };
  linkRepository: { params: { app: string | number }; query: undefined; body: LinkRepositoryBody; answer: LinkedRepositoryChecked };
  unlinkRepository: { params: { app: string | number }; query: undefined; body: undefined; answer: undefined };
  checkRepository: { params: { app: string | number }; query: undefined; body: undefined; answer: RepositoryCheck };
  listNotifications: { params: { app: string | number }; query: undefined; body: undefined; answer: ListNotificationsAnswer };
  addNotification: { params: { app: string | number }; query: undefined; body: AddNotificationBody; answer: AddedNotification };
  removeNotification: { params: { app: string | number; notification: string | number }; query: undefined; body: undefined; answer: undefined };
  testNotification: { params: { app: string | number; notification: string | number }; query: undefined; body: undefined; answer: undefined };
  listNotificationDeliveries: { params: { app: string | number }; query: { cursor?: string | undefined; limit?: number | undefined }; body: undefined; answer: ListNotificationDeliveriesAnswer };
  redeliverNotification: { params: { app: string | number; delivery: string | number }; query: undefined; body: undefined; answer: NotificationDelivery };
  listHooks: { params: { app: string | number }; query: undefined; body: undefined; answer: ListHooksAnswer };
  createHook: { params: { app: string | number }; query: undefined; body: CreateHookBody; answer: HookWithSecret };
  getHook: { params: { app: string | number; hook: string | number }; query: undefined; body: undefined; answer: Hook };
  changeHook: { params: { app: string | number; hook: string | number }; query: undefined; body: ChangeHookBody; answer: Hook };
  removeHook: { params: { app: string | number; hook: string | number }; query: undefined; body: undefined; answer: undefined };
  rotateHook: { params: { app: string | number; hook: string | number }; query: undefined; body: RotateHookBody; answer: HookWithSecret };
  listDeliveries: { params: { app: string | number }; query: { cursor?: string | undefined; limit?: number | undefined; hook?: string | undefined }; body: undefined; answer: ListDeliveriesAnswer };
  getDelivery: { params: { app: string | number; delivery: string | number }; query: undefined; body: undefined; answer: Delivery };
  redeliver: { params: { app: string | number; delivery: string | number }; query: undefined; body: undefined; answer: Delivery };
  receiveHook: { params: { hook: string | number }; query: undefined; body: Record<string, unknown>; answer: HookAnswer };
}

/**
 * How to ask for each, and which lists and objects its answer holds: those that an answer of another version lacks are
 * made empty, so that showing it never fails on them. A key with `?` may be absent.
 */
export const operations = {
  me: { method: 'GET', path: '/v1/me', shape: {} },
  status: { method: 'GET', path: '/v1/status', shape: {"ssh":{},"builds":{},"parts":[],"maintenance":[]} },
  setup: { method: 'POST', path: '/v1/setup', shape: {"ssh":{},"builds":{},"parts":[],"maintenance":[]} },
  getMasterKey: { method: 'GET', path: '/v1/master-key', shape: {} },
  rotateMasterKey: { method: 'POST', path: '/v1/master-key/rotate', shape: {} },
  doctor: { method: 'GET', path: '/v1/doctor', shape: {"checks":[]} },
  listApps: { method: 'GET', path: '/v1/apps', shape: {"items":[{"domains":[]}]} },
  createApp: { method: 'POST', path: '/v1/apps', shape: {"domains":[]} },
  getApp: { method: 'GET', path: '/v1/apps/{app}', shape: {"domains":[]} },
  renameApp: { method: 'PATCH', path: '/v1/apps/{app}', shape: {"domains":[]} },
  destroyApp: { method: 'DELETE', path: '/v1/apps/{app}' },
  setMaintenance: { method: 'PUT', path: '/v1/apps/{app}/maintenance', shape: {"domains":[]} },
  getConfig: { method: 'GET', path: '/v1/apps/{app}/config', shape: {"values":{},"secrets":[],"staged?":{"added":[],"changed":[],"removed":[]}} },
  setConfig: { method: 'PATCH', path: '/v1/apps/{app}/config', shape: {"secrets":[]} },
  listSecrets: { method: 'GET', path: '/v1/apps/{app}/secrets', shape: {"items":[{"kinds":[],"olderIn":[]}],"staged?":{"added":[],"changed":[],"removed":[]}} },
  setSecrets: { method: 'PATCH', path: '/v1/apps/{app}/secrets', shape: {"secrets":[]} },
  rotateSecret: { method: 'POST', path: '/v1/apps/{app}/secrets/{secret}/rotate', shape: {"secrets":[]} },
  listBuilds: { method: 'GET', path: '/v1/apps/{app}/builds', shape: {"items":[]} },
  createBuild: { method: 'POST', path: '/v1/apps/{app}/builds', shape: {} },
  getBuild: { method: 'GET', path: '/v1/apps/{app}/builds/{number}', shape: {} },
  getVerdict: { method: 'GET', path: '/v1/apps/{app}/builds/{number}/verdict', shape: {"build":{}} },
  getBuildLog: { method: 'GET', path: '/v1/apps/{app}/builds/{number}/log' },
  cancelBuild: { method: 'POST', path: '/v1/apps/{app}/builds/{number}/cancel', shape: {} },
  listReleases: { method: 'GET', path: '/v1/apps/{app}/releases', shape: {"items":[]} },
  createRelease: { method: 'POST', path: '/v1/apps/{app}/releases', shape: {} },
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
  listPeople: { method: 'GET', path: '/v1/people', shape: {"items":[{"apps":[]}]} },
  setPerson: { method: 'PATCH', path: '/v1/people/{person}', shape: {"apps":[]} },
  removePerson: { method: 'DELETE', path: '/v1/people/{person}' },
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
  getRepository: { method: 'GET', path: '/v1/apps/{app}/repository', shape: {} },
  linkRepository: { method: 'PUT', path: '/v1/apps/{app}/repository', shape: {"check":{}} },
  unlinkRepository: { method: 'DELETE', path: '/v1/apps/{app}/repository' },
  checkRepository: { method: 'POST', path: '/v1/apps/{app}/repository/check', shape: {} },
  listNotifications: { method: 'GET', path: '/v1/apps/{app}/notifications', shape: {"items":[{"events":[]}]} },
  addNotification: { method: 'POST', path: '/v1/apps/{app}/notifications', shape: {"events":[]} },
  removeNotification: { method: 'DELETE', path: '/v1/apps/{app}/notifications/{notification}' },
  testNotification: { method: 'POST', path: '/v1/apps/{app}/notifications/{notification}/test' },
  listNotificationDeliveries: { method: 'GET', path: '/v1/apps/{app}/notification-deliveries', shape: {"items":[]} },
  redeliverNotification: { method: 'POST', path: '/v1/apps/{app}/notification-deliveries/{delivery}/redeliver', shape: {} },
  listHooks: { method: 'GET', path: '/v1/apps/{app}/hooks', shape: {"items":[]} },
  createHook: { method: 'POST', path: '/v1/apps/{app}/hooks', shape: {} },
  getHook: { method: 'GET', path: '/v1/apps/{app}/hooks/{hook}', shape: {} },
  changeHook: { method: 'PATCH', path: '/v1/apps/{app}/hooks/{hook}', shape: {} },
  removeHook: { method: 'DELETE', path: '/v1/apps/{app}/hooks/{hook}' },
  rotateHook: { method: 'POST', path: '/v1/apps/{app}/hooks/{hook}/rotate', shape: {} },
  listDeliveries: { method: 'GET', path: '/v1/apps/{app}/deliveries', shape: {"items":[]} },
  getDelivery: { method: 'GET', path: '/v1/apps/{app}/deliveries/{delivery}', shape: {} },
  redeliver: { method: 'POST', path: '/v1/apps/{app}/deliveries/{delivery}/redeliver', shape: {} },
  receiveHook: { method: 'POST', path: '/v1/hooks/{hook}', shape: {} },
} as const;
