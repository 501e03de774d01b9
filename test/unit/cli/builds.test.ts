import { afterEach, beforeEach, test } from 'vitest';
import { expectCommand, type CommandRow } from '../../support/cli/command-row.ts';
import { FakeApi } from '../../support/cli/fake-api.ts';
import { COMMIT, TESTS_FAILED, build, failedBuild } from '../../support/cli/samples.ts';

let api: FakeApi;
beforeEach(async () => {
  api = await FakeApi.start();
});
afterEach(() => api.stop());

const hello = { app: 'hello' };
const MADE = '2026-11-21T09:56:00.000Z';

const ACCEPTED = [
  '=====> Build 41 of 1a2b3c4d is succeeded',
  '       Follow: sluice builds:log 41 -f -a hello',
];

const rows: CommandRow[] = [
  {
    argv: 'builds -a hello',
    answers: { listBuilds: { items: [failedBuild, build] } },
    asks: [['listBuilds', { app: 'hello', limit: '20' }]],
    prints: [
      `42\tfailed\t1a2b3c4d\t-\talice\t${MADE}\t4.2s\ttests failed`,
      `41\tsucceeded\t1a2b3c4d\tv12\talice\t${MADE}\t4.2s\t`,
    ],
  },
  {
    argv: 'builds:create --no-cache --detach -a hello',
    answers: { createBuild: { ...build, number: 43, state: 'queued' } },
    asks: [['createBuild', hello, { noCache: true, now: false }]],
    prints: ['=====> Build 43 of 1a2b3c4d is queued', '       Follow: sluice builds:log 43 -f -a hello'],
  },
  {
    argv: 'builds:create --from-source --detach -a hello',
    answers: { createBuild: build },
    asks: [['createBuild', hello, { noCache: false, now: false, fetch: {} }]],
    prints: ACCEPTED,
  },
  {
    argv: `builds:create --ref v2 --commit ${COMMIT} --detach -a hello`,
    answers: { createBuild: build },
    asks: [['createBuild', hello, { noCache: false, now: false, commit: COMMIT, fetch: { ref: 'v2' } }]],
    prints: ACCEPTED,
  },
  {
    argv: `builds:create --now --commit ${COMMIT} --detach -a hello`,
    answers: { createBuild: { ...build, number: 43, state: 'queued' } },
    asks: [['createBuild', hello, { noCache: false, now: true, commit: COMMIT }]],
    prints: ['=====> Build 43 of 1a2b3c4d is queued', '       Follow: sluice builds:log 43 -f -a hello'],
  },
  {
    argv: 'builds:show #42 -a hello',
    answers: { getBuild: failedBuild },
    asks: [['getBuild', { app: 'hello', number: '42' }]],
    prints: [
      'Build\t42',
      'State\tfailed',
      `Commit\t${COMMIT}`,
      'Branch\tmain',
      'By\talice (push)',
      `Made\t${MADE}`,
      'Started\t2026-11-21T09:56:01.000Z',
      'Ended\t2026-11-21T09:56:05.200Z',
      'Log\tsluice builds:log 42 -a hello',
      ...TESTS_FAILED,
    ],
  },
  {
    argv: 'builds:cancel -a hello',
    answers: { listBuilds: { items: [build] }, cancelBuild: { ...build, state: 'building' } },
    asks: [
      ['listBuilds', { app: 'hello', limit: '1' }],
      ['cancelBuild', { app: 'hello', number: '41' }],
    ],
    prints: ['=====> Build 41 is being cancelled', '       What is live stays live'],
  },
  {
    argv: 'builds:log -a hello',
    answers: { listBuilds: { items: [] } },
    asks: [['listBuilds', { app: 'hello', limit: '1' }]],
    prints: [],
    stderr: [' !     hello has no builds yet', ' !     Type: git push platform main'],
    code: 1,
  },
];

test.each(rows)('sluice $argv', (row) => expectCommand(api, row));
