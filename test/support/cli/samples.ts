import type {
  App,
  Build,
  Delivery,
  Hook,
  LinkedRepository,
  Notification,
  NotificationDelivery,
  Process,
  Release,
  ReleaseDetail,
  Rollout,
  RolloutDetail,
  Status,
  Token,
} from '../../../core/contracts/resources.ts';

import { DEFAULT_CANARY } from '../../../core/manifest/manifest.ts';

/** Resources as the platform shows them, for tests to change a field of. */
export const COMMIT = '1a2b3c4d'.repeat(5);
export const NOW = new Date('2026-11-21T10:00:00.000Z');

export const app: App = {
  id: 'app000000001',
  name: 'hello',
  deployBranch: 'main',
  url: 'http://hello.localhost:8000',
  gitUrl: 'ssh://sluice@127.0.0.1:2222/hello.git',
  createdAt: '2026-11-20T10:00:00.000Z',
  createdBy: 'alice',
  live: { release: 12, commit: COMMIT, web: true, webReplicas: 1, since: '2026-11-21T09:57:00.000Z' },
  domains: ['hello.localhost', 'www.example.com'],
  maintenance: false,
  role: 'owner',
};

export const token: Token = {
  id: 'token0000001',
  name: 'ci',
  person: 'alice',
  apps: ['hello'],
  role: 'deployer',
  createdAt: '2026-11-20T10:00:00.000Z',
  expiresAt: '2027-02-18T10:00:00.000Z',
  lastUsedAt: '2026-11-21T09:00:00.000Z',
  lastUsedFrom: '203.0.113.9',
};

export const build: Build = {
  id: 'build0000041',
  number: 41,
  commit: COMMIT,
  branch: 'main',
  source: 'push',
  state: 'succeeded',
  attempt: 1,
  person: 'alice',
  release: 12,
  createdAt: '2026-11-21T09:56:00.000Z',
  startedAt: '2026-11-21T09:56:01.000Z',
  finishedAt: '2026-11-21T09:56:05.200Z',
};

const { release: _none, ...buildWithoutRelease } = build;
export const failedBuild: Build = {
  ...buildWithoutRelease,
  id: 'build0000042',
  number: 42,
  state: 'failed',
  reason: {
    code: 'test_failed',
    message: 'tests failed',
    hint: 'Mend them and push again',
    detail: ['1 of 9 failed'],
  },
};

export const release: Release = {
  id: 'release00012',
  number: 12,
  source: 'build',
  description: 'Deploy 1a2b3c4d',
  build: 41,
  commit: COMMIT,
  image: 'sluice/app000000001:v12',
  configVersion: 3,
  person: 'alice',
  state: 'live',
  live: true,
  createdAt: '2026-11-21T09:56:06.000Z',
  finishedAt: '2026-11-21T09:57:00.000Z',
};

export const releaseDetail: ReleaseDetail = {
  ...release,
  processes: { web: 'node server.js' },
  comparedWith: 11,
  canGoBackTo: false,
  verdict: { text: 'passed: none of 300 requests failed on v12', at: '2026-11-21T09:57:00.000Z' },
  configChanges: { added: ['NEW'], changed: ['LOG_LEVEL'], removed: [] },
};

export const configRelease: Release = {
  ...release,
  id: 'release00013',
  number: 13,
  source: 'config',
  description: 'Set LOG_LEVEL',
  configVersion: 4,
  state: 'starting',
  live: false,
};

const side = (requests: number, errors: number, latencyP95Ms: number) => ({
  requests,
  errors,
  errorShare: errors / requests,
  latencyP50Ms: 8,
  latencyP95Ms,
  latencySamples: requests,
  restarts: 0,
  probes: { sent: 0, failed: 0 },
});
export const evidence = {
  canary: side(40, 1, 23),
  stable: side(1_200, 3, 21),
  over: 'step' as const,
  seconds: 12,
};

/** A change of the config, at the second of three steps. */
export const canary: Rollout = {
  release: 13,
  state: 'canary',
  source: 'config',
  description: 'Set LOG_LEVEL',
  person: 'alice',
  commit: COMMIT,
  previous: 12,
  weight: 25,
  step: { number: 2, of: 3 },
  policy: DEFAULT_CANARY,
  evidence: { step: evidence, rollout: { ...evidence, over: 'rollout', seconds: 42 } },
  live: 12,
  undo: 'sluice rollouts:abort v13 -a hello',
  createdAt: '2026-11-21T09:59:00.000Z',
};
export const canaryDetail: RolloutDetail = {
  ...canary,
  events: [
    { at: '2026-11-21T09:59:01.000Z', kind: 'starting', text: 'Release v13: starting 1 web' },
    { at: '2026-11-21T09:59:05.000Z', kind: 'step', text: 'Canary step 1 of 3: 5 % of requests go to v13' },
    {
      at: '2026-11-21T09:59:34.000Z',
      kind: 'paused',
      text: 'alice paused it at step 1 of 3',
      evidence,
    },
    {
      at: '2026-11-21T09:59:35.000Z',
      kind: 'passed',
      text: 'passed: none of 120 requests failed on v13',
      evidence,
    },
    { at: '2026-11-21T09:59:36.000Z', kind: 'step', text: 'Canary step 2 of 3: 25 % of requests go to v13' },
  ],
};

const { undo: _undo, ...withoutUndo } = canaryDetail;
/** The same, once it has all traffic. */
export const promoted: RolloutDetail = {
  ...canaryDetail,
  state: 'live',
  weight: 100,
  live: 13,
  undo: 'sluice rollback v12 -a hello',
  events: [
    ...canaryDetail.events,
    { at: '2026-11-21T10:00:06.000Z', kind: 'promoting', text: 'Promoting v13: it gets all requests' },
    { at: '2026-11-21T10:00:07.000Z', kind: 'live', text: 'Release v13 is live' },
  ],
  finishedAt: '2026-11-21T10:00:07.000Z',
};
/** The same, taken back instead. */
export const takenBack: RolloutDetail = {
  ...withoutUndo,
  state: 'rolled-back',
  weight: 0,
  reason: {
    code: 'canary_worse',
    message: 'v13 is taken back from 25 % of requests: 33 % failed on v13',
    hint: 'its numbers: sluice rollouts:show v13 -a hello',
  },
  finishedAt: '2026-11-21T09:59:50.000Z',
};

/** What is told of it on one screen, by its push and by the command alike; and what is live after all. */
export const TAKEN_BACK = [
  ' !     v13 was rolled back',
  ' !     v13 is taken back from 25 % of requests: 33 % failed on v13',
  ' !     Likely cause: the new code fails on requests that the old one answers',
  ' !     Next: its numbers: sluice rollouts:show v13 -a hello',
  ' !     More: sluice help canary_worse',
];
export const TESTS_FAILED = [
  ' !     Build 42 failed',
  ' !     tests failed',
  '       1 of 9 failed',
  ' !     Likely cause: a test fails, or a command of the test stage ends with another exit code than 0',
  ' !     Next: Mend them and push again',
  ' !     More: sluice help test_failed',
];
export const LIVE_NOW = '       Live now: v12 (1a2b3c4d), http://hello.localhost:8000';

export const web: Process = {
  type: 'web',
  command: 'node server.js',
  replicas: 2,
  running: [
    {
      name: 'web-1',
      index: 1,
      release: 12,
      state: 'running',
      restarts: 0,
      startedAt: '2026-11-21T09:57:00.000Z',
    },
    {
      name: 'web-2',
      index: 2,
      release: 12,
      state: 'crashed',
      restarts: 3,
      reason: { code: 'oom_killed', message: 'it used more than 512 MB' },
    },
  ],
};
export const worker: Process = { type: 'worker', command: 'node worker.js', replicas: 0, running: [] };

export const status: Status = {
  version: '0.1.0',
  installationId: 'install00001',
  domain: 'localhost',
  httpPort: 8000,
  httpsPort: 8443,
  ssh: {
    address: 'ssh://sluice@127.0.0.1:2222',
    fingerprint: 'SHA256:abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
  },
  builds: { queued: 1, running: 2, slots: 3 },
  maintenance: [],
  parts: [{ name: 'router', ok: true, message: '' }],
};

export const key = {
  id: 'key000000001',
  person: 'alice',
  fingerprint: 'SHA256:abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
  algorithm: 'ssh-ed25519',
  comment: 'alice@laptop',
  createdAt: '2026-11-20T10:00:00.000Z',
};

export const repository: LinkedRepository = {
  url: 'ssh://git@github.com/acme/shop.git',
  branch: 'main',
  provider: 'github',
  login: 'deploy-key',
  publicKey: 'ssh-ed25519 AAAA sluice/hello',
  hostKeys: ['ssh-ed25519 SHA256:abc'],
  statuses: true,
  person: 'alice',
  createdAt: '2026-11-20T10:00:00.000Z',
};

export const notification: Notification = {
  id: 'notify000001',
  url: 'https://example.com/hook',
  events: ['build.*', 'rollout.failed'],
  person: 'alice',
  createdAt: '2026-11-20T10:00:00.000Z',
};

export const delivery: NotificationDelivery = {
  id: 'delivery0001',
  message: 'msg_0123456789abcdef01234567',
  type: 'build.failed',
  to: { notification: notification.id, url: notification.url },
  state: 'waiting',
  attempts: 2,
  status: 500,
  answer: 'broken\nline',
  createdAt: '2026-11-20T10:00:00.000Z',
  answeredAt: '2026-11-20T10:00:05.000Z',
  nextAt: '2026-11-20T10:00:35.000Z',
};

export const hookDelivery: Delivery = {
  id: 'delivery0001',
  hook: 'github',
  event: 'push',
  state: 'done',
  status: 202,
  build: 41,
  url: '/v1/apps/hello/builds/41',
  address: '192.0.2.7',
  repeats: 0,
  kept: true,
  receivedAt: '2026-11-21T09:59:00.000Z',
  finishedAt: '2026-11-21T09:59:01.500Z',
  tookMs: 1_500,
};
export const hook: Hook = {
  id: 'hook00000001',
  name: 'github',
  kind: 'github',
  branch: 'main',
  enabled: true,
  url: 'https://deploy.example.com/v1/hooks/hook00000001',
  person: 'alice',
  createdAt: '2026-11-20T10:00:00.000Z',
  lastDelivery: hookDelivery,
  lastRefused: { at: '2026-11-21T09:00:00.000Z', code: 'hook_signature_wrong' },
};
