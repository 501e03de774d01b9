import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeApi } from '../../support/cli/fake-api.ts';
import { invoke } from '../../support/cli/invoke.ts';
import {
  app,
  canaryDetail,
  configRelease,
  promoted,
  releaseDetail,
  takenBack,
} from '../../support/cli/samples.ts';

const MINE = configRelease.number;
const NEXT = MINE + 1;
const bobs = {
  ...releaseDetail,
  ...configRelease,
  number: NEXT,
  person: 'bob',
  description: 'Set B',
  configVersion: configRelease.configVersion + 1,
};

let api: FakeApi;
beforeEach(async () => {
  api = await FakeApi.start();
  api
    .on('getApp', () => app)
    .on('setConfig', () => ({ version: 4, release: configRelease }))
    .on('getRollout', ({ params: { number } }) =>
      Number(number) === MINE
        ? { ...takenBack, events: [], state: 'superseded', supersededBy: NEXT, reason: SUPERSEDED }
        : { ...promoted, release: NEXT, events: [], live: NEXT },
    );
});
afterEach(() => api.stop());

const SUPERSEDED = { code: 'superseded', message: `v${NEXT} is newer and took over` };
const set = async (...more: string[]) =>
  invoke(['config:set', 'A=1', '-a', 'hello', ...more], { settings: { dataDir: api.dataDir } });

test('a change of config goes on in the one that takes over, whose verdict it is', async () => {
  api.on('getRelease', () => bobs);
  const { code, stderr, stdout } = await set();
  expect(code).toBe(0);
  expect(stderr).toContain(`-----> v${NEXT} took over, with this change: Set B (by bob)\n`);
  expect(stdout).toContain(`=====> v${NEXT} is live`);
});

test('its script gets the release that is live with it', async () => {
  api.on('getRelease', () => ({ ...bobs, state: 'live', live: true }));
  const { code, stdout } = await set('--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ version: 4, release: { number: NEXT, state: 'live' } });
});

test.each([
  ['rollback', { source: 'rollback', rollbackOf: 2 }],
  ['release with an older config', { configVersion: configRelease.configVersion - 1 }],
])('a %s that takes over does not bring the change', async (_, change) => {
  api.on('getRelease', () => ({ ...bobs, ...change }));
  const { code, stderr } = await set();
  expect(code).toBe(1);
  expect(stderr).toContain(` !     v${MINE} was superseded\n !     v${NEXT} is newer and took over\n`);
});

test('the one that takes over may fail, and then the change is not live', async () => {
  api
    .on('getRelease', () => bobs)
    .on('getRollout', ({ params: { number } }) =>
      Number(number) === MINE
        ? { ...canaryDetail, events: [], state: 'superseded', supersededBy: NEXT, reason: SUPERSEDED }
        : { ...takenBack, events: [] },
    );
  const { code, stderr } = await set();
  expect(code).toBe(1);
  expect(stderr).toContain(` !     v${NEXT} was rolled back\n`);
});
