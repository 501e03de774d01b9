import { type AppFacts, type Facts, NOTHING_TOLD } from '../../support/invariants/facts.ts';

const release = { buildId: null, commit: null, rollout: 'live', weight: 10_000, replicas: 1, story: [] };

export const app: AppFacts = {
  id: 'a1',
  name: 'shop',
  liveReleaseId: 'r2',
  branch: 'c2',
  builds: [
    { id: 'b1', number: 1, commit: 'c1', state: 'succeeded', attempt: 1, log: '-----> Build 1 of shop' },
    { id: 'b2', number: 2, commit: 'c2', state: 'succeeded', attempt: 1, log: '-----> Build 2 of shop' },
    { id: 'b3', number: 3, commit: 'c3', state: 'failed', attempt: 1, log: '-----> Build 3 of shop' },
  ],
  listed: [3, 2, 1],
  releases: [
    { ...release, id: 'r1', number: 1, buildId: 'b1', commit: 'c1' },
    { ...release, id: 'r2', number: 2, buildId: 'b2', commit: 'c2' },
  ],
  hiddenRefs: [
    { build: 'b1', commit: 'c1' },
    { build: 'b2', commit: 'c2' },
    { build: 'b3', commit: 'c3' },
  ],
  damage: [],
  locks: [],
  openAttempts: 0,
  retiring: 0,
  config: { SETTING: 'on', SECRET: 'hush' },
  answer: { status: 200, release: 2, token: 't2', setting: 'on' },
  route: { kept: { r2: 10_000 }, held: { r2: 10_000 } },
};

/** A platform on which all is well. */
export const well: Facts = {
  ...NOTHING_TOLD,
  apps: [app],
  destroyed: [],
  containers: [{ app: 'a1', release: 'r2', kind: 'replica', running: true }],
  traces: [
    { what: 'network', of: 'a1' },
    { what: 'image', of: 'a1' },
    { what: 'repository', of: 'a1' },
    { what: 'build log', of: 'b1' },
    { what: 'app log', of: 'a1' },
    { what: 'route', of: 'a1' },
  ],
  generation: 3,
  leaks: [],
  gitProcesses: [],
  abandoned: [],
  jobs: [],
  pushes: [
    { appId: 'a1', commit: 'c2', code: 0, build: 2, branchBefore: 'c1', branchAfter: 'c2' },
    { appId: 'a1', commit: 'c3', code: 1, build: 3, branchBefore: 'c2', branchAfter: 'c2' },
  ],
  wishes: [
    { appId: 'a1', commit: 'c2', token: 't2', config: { SETTING: 'on', SECRET: 'hush' }, byCanary: false },
  ],
  visits: [
    {
      app: 'shop',
      excused: false,
      failures: [],
      answers: [
        { release: 1, token: 't1', count: 5 },
        { release: 2, token: 't2', count: 7 },
      ],
    },
  ],
  tokens: [
    { token: 't1', appId: 'a1', commit: 'c1', passes: true },
    { token: 't2', appId: 'a1', commit: 'c2', passes: true },
    { token: 't3', appId: 'a1', commit: 'c3', passes: false },
    { token: 't0', appId: 'a0', commit: 'c0', passes: true },
  ],
  served: new Set(['a1 v1', 'a1 v2']),
  serverStarts: 3,
};
