import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Story } from '../../../cli/follow/story.ts';
import { stateWords, verdictOf } from '../../../cli/render/rollout.ts';
import { since } from '../../../cli/render/time.ts';
import type { Rollout } from '../../../core/contracts/resources.ts';
import { FakeApi, Refused } from '../../support/cli/fake-api.ts';
import { invoke, type Options } from '../../support/cli/invoke.ts';
import { start } from '../../support/cli/program.ts';
import {
  LIVE_NOW,
  TAKEN_BACK,
  app,
  canary,
  canaryDetail,
  configRelease,
  promoted,
  releaseDetail,
  takenBack,
} from '../../support/cli/samples.ts';

let api: FakeApi;
beforeEach(async () => {
  api = await FakeApi.start();
  api.on('getApp', () => app).on('listRollouts', () => ({ items: [canary, promoted] }));
});
afterEach(() => api.stop());

const sluice = (line: string, options: Options = {}) =>
  invoke([...line.split(' '), '-a', 'hello'], { settings: { dataDir: api.dataDir }, ...options });
const lines = (text: string): string[] => text.split('\n').slice(0, -1);
const asked = (): unknown[] => api.asked.map(({ route, params }) => [route, params['number']]);

test.each<[Partial<Rollout>, string]>([
  [{}, 'canary 25 % (2 of 3)'],
  [{ weight: 12.5 }, 'canary 12.5 % (2 of 3)'],
  [{ paused: { by: 'bob' } }, 'paused at 25 % (2 of 3)'],
  [{ held: { code: 'little_traffic', message: 'weak' } }, 'held at 25 % (2 of 3)'],
  [{ step: undefined, weight: 0 }, 'canary'],
  [{ step: undefined, weight: 0, paused: { by: 'bob' } }, 'paused'],
  [{ state: 'starting', weight: 0, step: undefined }, 'starting'],
  [{ state: 'starting', weight: 0, paused: { by: 'bob' } }, 'paused'],
  [{ state: 'promoting' }, 'promoting'],
  [{ state: 'live', live: 13 }, 'live'],
  [{ state: 'live', live: 14 }, 'was live'],
  [{ state: 'rolled-back' }, 'rolled-back'],
])('%j is shown as %s', (change, words) => {
  expect(stateWords({ ...canary, ...change })).toBe(words);
});

test('the verdict is why it ended, else what it passed or was promoted on, else not there yet', () => {
  expect(verdictOf(takenBack)).toMatch(/^v13 is taken back from 25 %/);
  expect(verdictOf(promoted)).toBe('Promoted v13');
  expect(verdictOf(canaryDetail)).toBe('passed: none of 120 requests failed on v13');
  expect(verdictOf({ ...canaryDetail, events: [] })).toBeUndefined();
});

test.each([
  [0, '+0:00'],
  [65_400, '+1:05'],
  [3_723_000, '+1:02:03'],
  [-5_000, '+0:00'],
])('%d ms after the beginning is %s', (ms, shown) => {
  const began = Date.UTC(2026, 10, 21);
  expect(since(new Date(began).toISOString(), new Date(began + ms).toISOString())).toBe(shown);
});

describe('rollouts', () => {
  test('a line each, with why it ended or is held', async () => {
    const held = { code: 'little_traffic', message: '3 real requests: weak evidence' };
    api.on('listRollouts', () => ({
      items: [
        { ...canary, held },
        { ...takenBack, release: 12 },
      ],
    }));
    const { code, stdout } = await sluice('rollouts');
    expect(code).toBe(0);
    expect(lines(stdout)).toEqual([
      'v13\theld at 25 % (2 of 3)\tSet LOG_LEVEL\talice\t2026-11-21T09:59:00.000Z\t3 real requests: weak evidence',
      `v12\trolled-back\tSet LOG_LEVEL\talice\t2026-11-21T09:59:00.000Z\t${takenBack.reason?.message}`,
    ]);
  });

  test('on a terminal: a header, and a word where there is nothing', async () => {
    const { stdout } = await sluice('rollouts -n 1', { interactive: true });
    expect(lines(stdout)).toEqual([
      'RELEASE  STATE                 DESCRIPTION    BY     BEGAN   REASON',
      'v13      canary 25 % (2 of 3)  Set LOG_LEVEL  alice  1m ago',
    ]);
    api.on('listRollouts', () => ({ items: [] }));
    const none = await sluice('rollouts', { interactive: true });
    expect(none.stdout).toBe('No rollouts yet. Type: git push platform main\n');
  });
});

describe('rollouts:show', () => {
  test('facts, numbers, story, verdict, what is live, how to undo', async () => {
    api.on('getRollout', () => canaryDetail);
    const { code, stdout } = await sluice('rollouts:show v13', { interactive: true });
    expect(code).toBe(0);
    expect(lines(stdout)).toEqual([
      'Rollout:    v13: Set LOG_LEVEL',
      'State:      canary 25 % (2 of 3)',
      'By:         alice (config)',
      `Commit:     ${canary.commit}`,
      'Instead of: v12',
      'Began:      1m ago',
      'Canary:     5, 25, 50 %, each for 30 s and 100 requests; where they do not come within 5 min: promote',
      '',
      'Numbers',
      'OVER            SIDE        REQUESTS  ERRORS      P50   P95    RESTARTS  PROBES',
      'step (12 s)     canary v13  40        1 (2.5 %)   8 ms  23 ms  0         -',
      'step (12 s)     stable v12  1,200     3 (0.25 %)  8 ms  21 ms  0         -',
      'rollout (42 s)  canary v13  40        1 (2.5 %)   8 ms  23 ms  0         -',
      'rollout (42 s)  stable v12  1,200     3 (0.25 %)  8 ms  21 ms  0         -',
      '',
      'Story',
      'AT     LINE',
      '+0:01  Release v13: starting 1 web',
      '+0:05  Canary step 1 of 3: 5 % of requests go to v13',
      '+0:34  alice paused it at step 1 of 3',
      '+0:34    12 of 30 s  v13: 40 requests, 2.5 % errors, p95 23 ms · v12: 1,200 requests, 0.25 % errors, p95 21 ms',
      '+0:35  passed: none of 120 requests failed on v13',
      '+0:36  Canary step 2 of 3: 25 % of requests go to v13',
      '',
      'Now',
      'So far:   passed: none of 120 requests failed on v13',
      'Live now: v12',
      'Undo:     sluice rollouts:abort v13 -a hello',
    ]);
  });

  test('one that was taken back, into a pipe: why, what stays live, what to type next', async () => {
    api.on('getRollout', () => takenBack);
    const { code, stdout } = await sluice('rollouts:show v13');
    expect(code).toBe(0);
    expect(lines(stdout).slice(-6)).toEqual(['Live now\tv12', ...TAKEN_BACK]);
    expect(stdout).not.toContain('Undo');
    expect(stdout).toContain('\n2026-11-21T09:59:05.000Z\tCanary step 1 of 3');
  });

  test('one without a canary says so', async () => {
    const { policy: _policy, step: _step, evidence: _evidence, ...rest } = promoted;
    api.on('getRollout', () => ({ ...rest, events: [] }));
    const { stdout } = await sluice('rollouts:show v13');
    expect(stdout).toContain('Canary\tnone: live as soon as it is healthy\n');
    expect(stdout).toContain('Verdict\tlive\nLive now\tv13\nUndo\tsluice rollback v12 -a hello\n');
  });

  test.each([
    ['the one under way, though not the newest', [{ ...takenBack, release: 14 }, canary], '13'],
    ['the newest where none is under way', [{ ...takenBack, release: 14 }, promoted], '14'],
  ])('without a release it is %s', async (_, items, number) => {
    api.on('listRollouts', () => ({ items })).on('getRollout', () => canaryDetail);
    expect((await sluice('rollouts:show')).code).toBe(0);
    expect(asked()).toEqual([
      ['listRollouts', undefined],
      ['getRollout', number],
    ]);
  });

  test('of an app without any it is refused with what makes one', async () => {
    api.on('listRollouts', () => ({ items: [] }));
    expect(await sluice('rollouts:show')).toEqual({
      code: 1,
      stdout: '',
      stderr: ' !     hello has no rollouts yet\n !     Type: git push platform main\n',
    });
  });
});

describe('following one', () => {
  const STORY = [
    '-----> v13: Set LOG_LEVEL',
    '-----> Release v13: starting 1 web',
    '-----> Canary step 1 of 3: 5 % of requests go to v13',
    '       alice paused it at step 1 of 3',
    '       passed: none of 120 requests failed on v13',
    '-----> Canary step 2 of 3: 25 % of requests go to v13',
  ];

  test('each line of the story once, then the verdict: exit 0 when it is live', async () => {
    let looks = 0;
    api.on('getRollout', () => {
      looks += 1;
      if (looks === 1) return { ...canaryDetail, events: canaryDetail.events.slice(0, 2) };
      return looks < 4 ? canaryDetail : promoted;
    });
    const { code, stdout, stderr } = await sluice('rollouts:show -f');
    expect(lines(stderr)).toEqual([...STORY, '-----> Promoting v13: it gets all requests']);
    expect(lines(stdout)).toEqual([
      '=====> v13 is live: http://hello.localhost:8000',
      '       Undo: sluice rollback v12 -a hello',
    ]);
    expect(code).toBe(0);
  });

  test('exit 1 with the reason and what stays live when it is not', async () => {
    api.on('getRollout', () => takenBack);
    const { code, stdout, stderr } = await sluice('rollouts:show v13 -f');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(lines(stderr)).toEqual([...STORY, ...TAKEN_BACK, LIVE_NOW]);
  });

  test('a lost line is taken up again, and nothing is told twice', async () => {
    let looks = 0;
    api.on('getRollout', (_, response) => {
      looks += 1;
      if (looks === 2) return void response.destroy();
      if (looks === 3) return new Refused(503, 'platform_unreachable', 'the server does not answer');
      return looks === 1 ? canaryDetail : takenBack;
    });
    const { code, stderr } = await sluice('rollouts:show v13 -f');
    expect(code).toBe(1);
    expect(lines(stderr).slice(0, STORY.length)).toEqual(STORY);
    expect(lines(stderr)[STORY.length]).toMatch(/was rolled back/);
  });

  test.each(['config:set A=b', 'rollouts:show v13 -f'])(
    'Ctrl-C while `%s` waits ends the waiting only, and says how to look again',
    async (command) => {
      const interrupt = new AbortController();
      api
        .on('setConfig', () => ({ version: 4, release: configRelease }))
        .on('getRollout', () => canaryDetail);
      const { code, stderr } = await sluice(command, {
        interrupt: interrupt.signal,
        onStderr: (text) => {
          if (text.includes('step 2 of 3')) interrupt.abort();
        },
      });
      expect(code).toBe(130);
      expect(lines(stderr)).toEqual([
        ...STORY,
        ' !     Only the watching has ended: v13 goes on',
        ' !     Look again: sluice rollouts:show v13 -f -a hello',
      ]);
      expect(api.asked.some(({ route }) => route === 'abortRollout')).toBe(false);
    },
  );

  test('Ctrl-C by a real signal to a real process', async () => {
    api.on('getRollout', () => canaryDetail);
    const child = start(['rollouts:show', 'v13', '-f', '-a', 'hello'], { SLUICE_DATA_DIR: api.dataDir });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      if (chunk.includes('step 2 of 3')) child.kill('SIGINT');
    });
    const [code] = (await once(child, 'close')) as [number | null];
    expect(code).toBe(130);
    expect(stderr).toContain(' !     Only the watching has ended: v13 goes on\n');
  });

  test('Ctrl-C is heard while an answer does not come', async () => {
    const interrupt = new AbortController();
    api.on('getRollout', (_, response) => {
      interrupt.abort();
      return new Promise((resolve) => void response.once('close', resolve));
    });
    expect((await sluice('rollouts:show v13 -f', { interrupt: interrupt.signal })).code).toBe(130);
  });

  test('where the story is silent, its numbers are told from time to time', () => {
    const told: string[] = [];
    const out = { step: (text: string) => told.push(text), progress: (text: string) => told.push(text) };
    const story = new Story({ out: out as never }, { lineEveryMs: 0 });
    story.tell({ ...canaryDetail, events: [] });
    story.tell({ ...canaryDetail, events: [], state: 'starting', evidence: undefined });
    expect(told).toEqual([
      '12 of 30 s  v13: 40 requests, 2.5 % errors, p95 23 ms · v12: 1,200 requests, 0.25 % errors, p95 21 ms',
    ]);
    const quiet = new Story({ out: out as never }, { lineEveryMs: 60_000 });
    quiet.tell({ ...canaryDetail, events: [] });
    expect(told).toHaveLength(1);
  });
});

describe('steering', () => {
  test.each([
    [
      'pause',
      { ...canary, paused: { by: 'alice' } },
      [
        '=====> v13 is paused at 25 % (2 of 3)',
        '       It goes on being watched, and goes back when it is worse',
        '       Undo: sluice rollouts:resume v13 -a hello',
      ],
    ],
    [
      'resume',
      canary,
      [
        '=====> v13 goes on: canary 25 % (2 of 3)',
        '       Without waiting: sluice rollouts:promote v13 -a hello, or sluice rollouts:abort v13 -a hello',
        '       Follow: sluice rollouts:show v13 -f -a hello',
        '       Undo: sluice rollouts:pause v13 -a hello',
      ],
    ],
    [
      'promote',
      { ...canary, state: 'promoting', undo: 'sluice rollback v12 -a hello' },
      [
        '=====> v13 takes over all traffic',
        '       Follow: sluice rollouts:show v13 -f -a hello',
        '       Undo: sluice rollback v12 -a hello',
      ],
    ],
    [
      'promote',
      { ...canary, state: 'starting' },
      [
        '=====> v13 gets all traffic as soon as it is healthy',
        '       Follow: sluice rollouts:show v13 -f -a hello',
        '       Undo: sluice rollouts:abort v13 -a hello',
      ],
    ],
    [
      'abort',
      {
        ...takenBack,
        state: 'cancelled',
        reason: {
          code: 'aborted',
          message: 'alice aborted the rollout of v13',
          hint: 'sluice config:set again',
        },
      },
      [
        '=====> The rollout of v13 is aborted',
        '       v12 stays live',
        '       To start again: sluice config:set again',
      ],
    ],
  ] as const)('rollouts:%s', async (verb, answer, prints) => {
    const route = `${verb}Rollout` as const;
    api.on(route, () => answer);
    const named = await sluice(`rollouts:${verb} v13`);
    expect({ ...named, stdout: lines(named.stdout) }).toEqual({ code: 0, stdout: prints, stderr: '' });
    expect(asked()).toEqual([[route, '13']]);
    expect((await sluice(`rollouts ${verb}`)).code).toBe(0);
    expect(asked().slice(1)).toEqual([
      ['listRollouts', undefined],
      [route, '13'],
    ]);
  });

  test.each(['pause', 'resume', 'promote', 'abort'])(
    'rollouts:%s with none under way: exit 1 with what to type',
    async (verb) => {
      api.on('listRollouts', () => ({ items: [promoted, takenBack] }));
      expect(await sluice(`rollouts:${verb}`)).toEqual({
        code: 1,
        stdout: '',
        stderr: ' !     hello has no rollout under way\n !     Type: sluice rollouts -a hello\n',
      });
    },
  );

  test('what the platform refuses is said with its hint', async () => {
    const hint = 'sluice rollouts:resume v13 -a hello';
    api.on('pauseRollout', () => new Refused(409, 'rollout_paused', 'v13 is paused already, by bob', hint));
    expect(await sluice('rollouts:pause')).toEqual({
      code: 1,
      stdout: '',
      stderr: ` !     v13 is paused already, by bob\n !     ${hint}\n`,
    });
  });
});

test('words that people try are led to the right command', async () => {
  for (const [typed, meant] of [
    ['rollouts:cancel', 'rollouts:abort'],
    ['rollouts:status', 'rollouts:show'],
  ] as const) {
    expect((await invoke([typed])).stderr).toContain(`Did you mean: sluice ${meant}`);
  }
});

test('the verdict of releases:info of a release that was taken back has its code', async () => {
  api
    .on('getRelease', () => ({
      ...releaseDetail,
      state: 'rolled-back',
      live: false,
      reason: takenBack.reason,
      verdict: { text: 'v13 is taken back from 25 % of requests', at: '2026-11-21T09:59:50.000Z' },
    }))
    .on('getRollout', () => takenBack);
  const { stdout } = await sluice('releases:info v13');
  expect(stdout).toContain('\nVerdict\tv13 is taken back from 25 % of requests (canary_worse)\n');
});
