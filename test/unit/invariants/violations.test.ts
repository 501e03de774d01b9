import { expect, test } from 'vitest';
import type { AppFacts, Facts } from '../../support/invariants/facts.ts';
import { violations } from '../../support/invariants/violations.ts';

const app: AppFacts = {
  id: 'a1',
  name: 'shop',
  liveReleaseId: 'r2',
  branch: 'c2',
  builds: [
    { id: 'b1', number: 1, commit: 'c1', state: 'succeeded', log: '-----> Build 1 of shop' },
    { id: 'b2', number: 2, commit: 'c2', state: 'succeeded', log: '-----> Build 2 of shop' },
    { id: 'b3', number: 3, commit: 'c3', state: 'failed', log: '-----> Build 3 of shop' },
  ],
  releases: [
    {
      id: 'r1',
      number: 1,
      buildId: 'b1',
      commit: 'c1',
      rollout: 'live',
      endedAt: 10,
      weight: 10_000,
      replicas: 1,
    },
    {
      id: 'r2',
      number: 2,
      buildId: 'b2',
      commit: 'c2',
      rollout: 'live',
      endedAt: 20,
      weight: 10_000,
      replicas: 1,
    },
  ],
  hiddenRefs: ['b1', 'b2', 'b3'],
  locks: [],
  openAttempts: 0,
  retiring: 0,
  answer: { status: 200, release: 2 },
};
const well: Facts = {
  apps: [app],
  containers: [{ app: 'a1', release: 'r2', kind: 'replica', running: true }],
  pushes: [
    { app: 'shop', commit: 'c2', code: 0, build: 2 },
    { app: 'shop', commit: 'c3', code: 1, build: 3 },
  ],
};

test('a platform that is well breaks nothing', () => {
  expect(violations(well)).toEqual([]);
});

const change = (more: Partial<AppFacts>): Facts => ({ ...well, apps: [{ ...app, ...more }] });
const build = (state: string): AppFacts['builds'] =>
  app.builds.map((b) => (b.id === 'b2' ? { ...b, state } : b));
const release = (more: object): AppFacts['releases'] =>
  app.releases.map((r) => (r.id === 'r2' ? { ...r, ...more } : r));

test.each<[string, Facts, RegExp]>([
  ['a build that hangs', change({ builds: build('building') }), /I1: build 2 of shop has not ended/],
  [
    'a log without its beginning',
    change({ builds: app.builds.map((b) => ({ ...b, log: 'tail' })) }),
    /I1: the log of build 1/,
  ],
  [
    'a success without a release',
    change({ releases: app.releases.slice(1) }),
    /I1: build 1 .* has no release/,
  ],
  ['a rollout that hangs', change({ releases: release({ rollout: 'starting' }) }), /I6: the rollout of v2/],
  [
    'a live release whose tests failed',
    change({ builds: build('failed') }),
    /I5: v2 of shop is live and its build is failed/,
  ],
  ['a branch that stayed behind', change({ branch: 'c1' }), /I2: the branch of shop is c1/],
  ['an older release taken for live', change({ liveReleaseId: 'r1' }), /I8: v2 of shop went live last/],
  [
    'traffic on the wrong release',
    change({ answer: { status: 200, release: 1 } }),
    /I6: the router answers for shop with v1/,
  ],
  ['no traffic', change({ answer: { status: 503 } }), /status 503/],
  ['a weight that is not whole', change({ releases: release({ weight: 500 }) }), /weight 500/],
  ['a hidden ref of nobody', change({ hiddenRefs: [...app.hiddenRefs, 'b9'] }), /I3: .*unknown build b9/],
  ['a lost hidden ref', change({ hiddenRefs: ['b1', 'b2'] }), /I3: build 3 .* has lost/],
  ['a lock', change({ locks: ['/x/HEAD.lock'] }), /I13: .*HEAD.lock/],
  ['an attempt that nobody ended', change({ openAttempts: 1 }), /I13: .*attempts/],
  ['a release that retires for ever', change({ retiring: 1 }), /I13: .*retire/],
  [
    'a container of an old release',
    {
      ...well,
      containers: [...well.containers, { app: 'a1', release: 'r1', kind: 'replica', running: true }],
    },
    /I6: .*release r1/,
  ],
  [
    'a container of a destroyed app',
    {
      ...well,
      containers: [...well.containers, { app: 'zz', release: 'r1', kind: 'replica', running: false }],
    },
    /I9: .*zz/,
  ],
  ['a live container that is gone', { ...well, containers: [] }, /0 running containers, wanted 1/],
  [
    'a one-off that hangs',
    {
      ...well,
      containers: [...well.containers, { app: 'a1', release: 'r2', kind: 'oneoff', running: true }],
    },
    /one-off/,
  ],
  [
    'a build that its pusher saw and that is gone',
    { ...well, pushes: [{ app: 'shop', commit: 'c9', code: 128, build: 9 }] },
    /I1: .*saw build 9/,
  ],
  [
    'a commit built twice',
    change({
      builds: [
        ...app.builds,
        { id: 'b4', number: 4, commit: 'c3', state: 'failed', log: '-----> Build 4 of shop' },
      ],
      hiddenRefs: ['b1', 'b2', 'b3', 'b4'],
    }),
    /I1: .*c3 has 2 builds/,
  ],
  [
    'a success that was none',
    { ...well, pushes: [{ app: 'shop', commit: 'c3', code: 0, build: 3 }] },
    /I3: .*told it is live/,
  ],
])('it sees %s', (_fault, facts, message) => {
  expect(violations(facts).join('\n')).toMatch(message);
});
