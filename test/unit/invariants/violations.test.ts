import { expect, test } from 'vitest';
import type {
  AppFacts,
  CanarySeen,
  Facts,
  JobFact,
  ReleaseFact,
  StoryLine,
} from '../../support/invariants/facts.ts';
import { violations } from '../../support/invariants/violations.ts';
import { app, well } from './facts.ts';

test('a platform that is well breaks nothing', () => {
  expect(violations(well)).toEqual([]);
});

const change = (more: Partial<AppFacts>): Facts => ({ ...well, apps: [{ ...app, ...more }] });
const told = (more: Partial<Facts>): Facts => ({ ...well, ...more });
const build = (state: string): AppFacts['builds'] =>
  app.builds.map((b) => (b.id === 'b2' ? { ...b, state } : b));
const release = (more: Partial<ReleaseFact>): AppFacts['releases'] =>
  app.releases.map((r) => (r.id === 'r2' ? { ...r, ...more } : r));
const answer = (more: Partial<AppFacts['answer']>): Facts => change({ answer: { ...app.answer, ...more } });
const visited = (number: number, token: string): Facts =>
  told({
    visits: [{ app: 'shop', excused: false, failures: [], answers: [{ release: number, token, count: 1 }] }],
  });
const container = (more: object): Facts =>
  told({
    containers: [...well.containers, { app: 'a1', release: 'r2', kind: 'replica', running: true, ...more }],
  });
const push = (more: Partial<Facts['pushes'][number]>): Facts =>
  told({
    pushes: [
      { appId: 'a1', commit: 'c3', code: 1, build: 3, branchBefore: 'c2', branchAfter: 'c2', ...more },
    ],
  });

const job: JobFact = { build: 'b2', attempt: 1, state: 'active', seconds: 20 };
const waiting = build('queued');
const carried = (jobs: JobFact[]): Facts => ({ ...change({ builds: waiting }), jobs });

const policy = { steps: [10, 50], bakeSeconds: 2, minRequests: 20 };
const passed: StoryLine = { kind: 'passed', text: '', evidence: { seconds: 2, canary: { requests: 20 } } };
const step: StoryLine = { kind: 'step', text: '' };
const story: StoryLine[] = [step, passed, step, passed, { kind: 'promoting', text: '' }];
const seen: CanarySeen = { appId: 'a1', release: 2, step: 1, weight: 5_000, seconds: 2.1, whole: true };
const walked = (lines: StoryLine[]): Facts => ({
  ...change({ releases: release({ canary: policy, story: lines }) }),
  wishes: well.wishes.map((wish) => ({ ...wish, byCanary: true })),
});
const canary = (more: Partial<CanarySeen>): Facts => ({ ...walked(story), canaries: [{ ...seen, ...more }] });
const evidence = (seconds: number, requests: number): StoryLine => ({
  ...passed,
  evidence: { seconds, canary: { requests } },
});

test('nor does a canary that has walked its steps', () => {
  expect(violations(canary({}))).toEqual([]);
  expect(violations(canary({ seconds: 0.2, whole: false }))).toEqual([]);
});

test('a push that failed may be repeated, and is built again', () => {
  const again = {
    id: 'b4',
    number: 4,
    commit: 'c3',
    state: 'failed',
    attempt: 1,
    log: '-----> Build 4 of shop',
  };
  const facts = change({
    builds: [...app.builds, again],
    listed: [4, ...app.listed],
    hiddenRefs: [...app.hiddenRefs, { build: 'b4', commit: 'c3' }],
  });
  expect(violations(facts)).toEqual([]);
});

test('a message of a builder that has just died may be there until another is given it', () => {
  expect(violations(told({ jobs: [job] }))).toEqual([]);
});

test('visitors may see failures where something between them and the app was struck', () => {
  const failures = [{ what: 'ECONNREFUSED', count: 3 }];
  const visits = [{ app: 'shop', excused: true, failures, answers: [] }];
  expect(violations(told({ visits }))).toEqual([]);
});

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
  ['a build that nobody can see', change({ listed: [3, 1] }), /I1: build 2 .* the API does not list it/],
  [
    'a build that its pusher saw and that is gone',
    push({ commit: 'c9', code: 128, build: 9 }),
    /I1: .*saw build 9/,
  ],
  ['a branch that stayed behind', change({ branch: 'c1' }), /I2: the branch of shop is c1/],
  [
    'a push that failed and moved the branch',
    push({ commit: 'c9', build: undefined, branchAfter: 'c9' }),
    /I2: .*failed, moved the branch and left no build/,
  ],
  ['a success that was none', push({ code: 0 }), /I3: .*told it is live, its build is failed/],
  [
    'a hidden ref of nobody',
    change({ hiddenRefs: [...app.hiddenRefs, { build: 'b9', commit: 'c9' }] }),
    /I3: .*unknown build b9/,
  ],
  ['a lost hidden ref', change({ hiddenRefs: app.hiddenRefs.slice(0, 2) }), /I3: build 3 .* has lost/],
  [
    'a hidden ref of another commit',
    change({ hiddenRefs: [...app.hiddenRefs.slice(0, 2), { build: 'b3', commit: 'c1' }] }),
    /I3: the ref of build 3 .* keeps c1, not c3/,
  ],
  ['lost objects', change({ damage: ['missing blob 1234'] }), /I3: git says of shop: missing blob/],
  [
    'a commit that was live and is built again',
    change({
      builds: [
        ...app.builds,
        { id: 'b4', number: 4, commit: 'c2', state: 'failed', attempt: 1, log: '-----> Build 4 of shop' },
      ],
      listed: [4, ...app.listed],
      hiddenRefs: [...app.hiddenRefs, { build: 'b4', commit: 'c2' }],
    }),
    /I4: .*c2 went live by build 2 and was built again: 4/,
  ],
  [
    'a live release whose tests failed',
    change({ builds: build('failed') }),
    /I5: v2 of shop is live and its build is failed/,
  ],
  ['visitors on a page whose tests fail', visited(2, 't3'), /I5: .*v2, whose tests fail/],
  ['visitors on a page of nobody', visited(2, 't9'), /I5: .*page of no known commit: t9/],
  [
    'visitors on the image of another release',
    visited(2, 't1'),
    /I5: v2 of shop is c2 and shows the page of c1/,
  ],
  [
    'visitors on a release that was never let in',
    {
      ...change({
        releases: [...app.releases, { ...app.releases[1]!, id: 'r3', number: 3, rollout: 'failed' }],
      }),
      visits: visited(3, 't2').visits,
    },
    /I5: .*v3, which was neither live nor in its canary \(failed\)/,
  ],
  ['a rollout that hangs', change({ releases: release({ rollout: 'starting' }) }), /I6: the rollout of v2/],
  ['traffic on the wrong release', answer({ release: 1 }), /I6: the router answers for shop with v1/],
  ['no traffic', change({ answer: { status: 503 } }), /I6: .*status 503/],
  ['a weight that is not whole', change({ releases: release({ weight: 500 }) }), /I6: .*weight 500/],
  [
    'weights that do not add up',
    change({ route: { ...app.route, kept: { r2: 9_000, r1: 500 } } }),
    /I6: the weights of shop add up to 9500/,
  ],
  [
    'a route of an old release',
    change({ route: { ...app.route, kept: { r1: 10_000 } } }),
    /I6: the router's file gives v2 of shop the weight 0/,
  ],
  [
    'a HAProxy that was not told',
    change({ route: { ...app.route, held: undefined } }),
    /I6: HAProxy gives v2 of shop the weight none/,
  ],
  [
    'a route of an app of which nothing is live',
    change({ liveReleaseId: null, releases: release({ rollout: 'failed' }) }),
    /I6: nothing of shop is live, and the router has a route/,
  ],
  ['a container of an old release', container({ release: 'r1' }), /I6: .*release r1, which is not live/],
  ['a live container that is gone', told({ containers: [] }), /I6: .*0 running containers, wanted 1/],
  ['a one-off that hangs', container({ kind: 'oneoff' }), /I6: .*one-off/],
  [
    'visitors turned away',
    told({
      visits: [{ app: 'shop', excused: false, failures: [{ what: 'status 503', count: 3 }], answers: [] }],
    }),
    /I6: 3 visitors of shop got "status 503"/,
  ],
  ['a share that is no step', canary({ weight: 7_000 }), /I6: v2 of shop had the weight 7000 in step 2/],
  [
    'a canary that was not to be',
    { ...well, canaries: [seen] },
    /I6: v2 of shop has no canary, and was seen in one/,
  ],
  [
    'a rollback that the full disk kept from',
    told({ rollbacks: [{ app: 'shop', code: 1, output: 'no room', during: 'disk full' }] }),
    /I7: a rollback of shop with disk full ended with 1: no room/,
  ],
  ['an older release taken for live', change({ liveReleaseId: 'r1' }), /I8: v2 of shop is the newest/],
  [
    'an older push that won',
    told({ wishes: [{ ...well.wishes[0]!, commit: 'c9' }] }),
    /I8: c9 of shop was asked for last, live is c2/,
  ],
  ['a page of an older push', answer({ token: 't1' }), /I8: visitors of shop get the page t1, not t2/],
  ['an older setting', answer({ setting: 'off' }), /I8: shop runs with SETTING=off, not on/],
  [
    'an app that is not there',
    told({ wishes: [{ ...well.wishes[0]!, appId: 'a7' }] }),
    /I8: the app a7 was asked for and is not there/,
  ],
  [
    'a config that an earlier app of that name had',
    change({ config: { ...app.config, OLD: 'x' } }),
    /I9: the config of shop .*keys OLD, SECRET, SETTING, wanted SECRET, SETTING/,
  ],
  [
    'visitors on the page of a destroyed app',
    visited(1, 't0'),
    /I9: .*page of an app that was destroyed: t0/,
  ],
  [
    'a row of a destroyed app',
    told({ destroyed: ['a0'] }),
    /I9: the app a0 was destroyed and its row is left/,
  ],
  ['a container of a destroyed app', container({ app: 'zz', running: false }), /I9: .*zz/],
  [
    'a network of a destroyed app',
    told({ traces: [{ what: 'network', of: 'a0' }] }),
    /I9: a network of the unknown app a0 is left/,
  ],
  [
    'a log of a build of nobody',
    told({ traces: [{ what: 'build log', of: 'b9' }] }),
    /I9: a build log of the unknown build b9 is left/,
  ],
  [
    'a second server that runs',
    told({ secondServers: [{ code: undefined, output: '' }] }),
    /I10: a second server runs/,
  ],
  [
    'a second server that fell over',
    told({ secondServers: [{ code: 1, output: 'TypeError' }] }),
    /I10: a second server ended with 1 and did not say why/,
  ],
  [
    'a journal that somebody else has opened',
    told({ generation: 4 }),
    /I10: 3 servers were started, 4 have opened/,
  ],
  [
    'a build that waits for its reader',
    told({ readers: [{ app: 'shop', buildEnded: false, grownMb: {} }] }),
    /I11: a build of shop waited for a pusher/,
  ],
  [
    'memory that grows with what nobody reads',
    told({ readers: [{ app: 'shop', buildEnded: true, grownMb: { git: 300, server: 2 } }] }),
    /I11: the git grew by 300 MB/,
  ],
  ['a secret in a log', told({ leaks: ['/x/server.log'] }), /I12: .*\/x\/server.log/],
  ['a lock', change({ locks: ['/x/HEAD.lock'] }), /I13: .*HEAD.lock/],
  ['an attempt that nobody ended', change({ openAttempts: 1 }), /I13: .*attempts/],
  ['a release that retires for ever', change({ retiring: 1 }), /I13: .*retire/],
  ['a git that hangs', told({ gitProcesses: ['git receive-pack /x'] }), /I13: .*git receive-pack/],
  [
    'what a process that is gone has left',
    told({ abandoned: ['/x/run/a.sock, a socket that nobody listens on'] }),
    /I13: left behind: .*a\.sock/,
  ],
  [
    'a message of an ended build that a dead builder holds for ever',
    told({ jobs: [{ ...job, seconds: 130 }] }),
    /I13: a message of build 2 of shop, attempt 1, is active in the queue for 130 s/,
  ],
  [
    'a message of a build of nobody',
    told({ jobs: [{ ...job, build: 'b9', state: 'wait', seconds: 130 }] }),
    /I13: a message of the unknown build b9.* is wait/,
  ],
  ['a build that waits and is not queued', carried([]), /I13: build 2 of shop waits .* does not carry it/],
  [
    'a build of which only an older attempt is queued',
    {
      ...change({ builds: waiting.map((one) => ({ ...one, attempt: 2 })) }),
      jobs: [job],
    },
    /I13: build 2 of shop waits for its attempt 2/,
  ],
  [
    'a step that a clock has passed',
    canary({ seconds: 0.3 }),
    /I14: step 2 of v2 of shop was passed after 0.3 s, its bake is 2 s/,
  ],
  [
    'a canary that was let in without its steps',
    walked([]),
    /I14: v2 of shop was to be a canary and went live without one/,
  ],
  [
    'a canary that left out a step',
    walked([step, passed]),
    /I14: v2 of shop went live after 1 steps, of which 1 were passed, of 2/,
  ],
  [
    'a step that was passed without numbers',
    walked([step, { kind: 'passed', text: '' }, step, passed]),
    /I14: step 1 of v2 of shop was passed without evidence/,
  ],
  [
    'a step that was passed too early',
    walked([step, passed, step, evidence(1, 20)]),
    /I14: step 2 of v2 of shop was passed on 1 s of numbers, its bake is 2 s/,
  ],
  [
    'a step that was passed on silence',
    walked([step, evidence(30, 0), step, passed]),
    /I14: step 1 of v2 of shop was passed on 0 requests of 20/,
  ],
])('it sees %s', (_fault, facts, message) => {
  expect(violations(facts).join('\n')).toMatch(message);
});
