import { afterEach, beforeEach, expect, test } from 'vitest';
import { expectCommand, type CommandRow } from '../../support/cli/command-row.ts';
import { FakeApi } from '../../support/cli/fake-api.ts';
import { COMMIT, app, configRelease, promoted, release, releaseDetail } from '../../support/cli/samples.ts';

let api: FakeApi;
beforeEach(async () => {
  api = await FakeApi.start();
});
afterEach(() => api.stop());

const hello = { app: 'hello' };
const UNDO = '       Undo: sluice rollback -a hello';
const MADE = '2026-11-21T09:56:00.000Z';

const rows: CommandRow[] = [
  {
    argv: 'releases:diff v11 -a hello',
    answers: {
      getApp: app,
      diffReleases: {
        from: 11,
        to: 12,
        items: [
          { what: 'image', change: 'changed', from: 'a', to: 'b' },
          { what: 'config', name: 'A', change: 'removed', from: '1' },
          { what: 'config', name: 'B', change: 'changed' },
          { what: 'secret', name: 'C', change: 'added' },
        ],
      },
    },
    asks: [
      ['getApp', hello],
      ['diffReleases', { app: 'hello', number: '11', other: '12' }],
    ],
    prints: [
      'image\t\tchanged\ta\tb',
      'config\tA\tremoved\t1\t',
      'config\tB\tchanged\t(not shown)\t(not shown)',
      'secret\tC\tadded\t\t(not shown)',
    ],
  },
  ...(
    [
      ['rollouts -a hello', 'listRollouts', '20', 'No rollouts yet. Type: git push platform main'],
      ['releases -a hello', 'listReleases', '20', 'No releases yet. Type: git push platform main'],
    ] as const
  ).map(([argv, route, limit, none]) => ({
    argv,
    answers: { [route]: { items: [] } },
    asks: [[route, { app: 'hello', limit }]] as const,
    // What reads stdout gets no line; who looks at it is told all the same.
    prints: [],
    stderr: [`       ${none}`],
  })),
  {
    argv: 'releases -n 1 -a hello',
    answers: { listReleases: { items: [release], next: 'more' } },
    asks: [['listReleases', { app: 'hello', limit: '1' }]],
    prints: ['v12\tlive\tDeploy 1a2b3c4d\talice\t2026-11-21T09:56:06.000Z\t'],
  },
  {
    argv: 'releases:info v12 -a hello',
    answers: {
      getRelease: { ...releaseDetail, live: false, canGoBackTo: true },
      getRollout: { ...promoted, release: 12 },
    },
    asks: [
      ['getRelease', { app: 'hello', number: '12' }],
      ['getRollout', { app: 'hello', number: '12' }],
    ],
    prints: [
      'Release\tv12',
      'State\twas live',
      'Description\tDeploy 1a2b3c4d',
      'By\talice (build)',
      'Build\t41',
      `Commit\t${COMMIT}`,
      'Image\tsluice/app000000001:v12',
      'Config version\t3',
      'Compared with\tv11',
      'Config changes\t+NEW ~LOG_LEVEL',
      'Process web\tnode server.js',
      'Made\t2026-11-21T09:56:06.000Z',
      'Ended\t2026-11-21T09:57:00.000Z',
      'Verdict\tpassed: none of 300 requests failed on v12',
      'Rollout\tsluice rollouts:show v12 -a hello',
      'Go back to it\tsluice rollback v12 -a hello',
    ],
  },
  {
    argv: 'releases:info v12 -a hello',
    answers: { getRelease: { ...releaseDetail, live: false }, getRollout: { ...promoted, release: 12 } },
    asks: [
      ['getRelease', { app: 'hello', number: '12' }],
      ['getRollout', { app: 'hello', number: '12' }],
    ],
    // No way back where a rollback would be refused.
    prints: expect.not.arrayContaining([expect.stringContaining('rollback')]),
  },
  {
    argv: 'releases -a hello',
    answers: {
      listReleases: {
        items: [
          { ...configRelease, state: 'canary', weight: 25 },
          { ...release, live: false },
        ],
      },
    },
    asks: [['listReleases', { app: 'hello', limit: '20' }]],
    prints: [
      'v13\tcanary 25 %\tSet LOG_LEVEL\talice\t2026-11-21T09:56:06.000Z\t',
      'v12\twas live\tDeploy 1a2b3c4d\talice\t2026-11-21T09:56:06.000Z\t',
    ],
  },
  {
    argv: 'rollback v11 -a hello',
    answers: {
      rollback: {
        ...release,
        number: 14,
        description: 'Rollback to v11',
        state: 'starting',
        warnings: ['the release command of v12 ran'],
      },
      getRollout: {
        ...promoted,
        release: 14,
        events: [{ at: MADE, kind: 'note', text: 'the release command of v12 ran' }],
      },
      getApp: app,
    },
    asks: [
      ['getApp', hello],
      ['rollback', hello, { canary: false, release: 11 }],
      ['getRollout', { app: 'hello', number: '14' }],
      ['getApp', hello],
    ],
    prints: ['=====> v14 is live: http://hello.localhost:8000', UNDO.replace('rollback', 'rollback v12')],
    stderr: [' !     the release command of v12 ran', '-----> v14: Rollback to v11'],
  },
  {
    argv: 'rollback --canary --detach -a hello',
    answers: { getApp: app, rollback: { ...release, number: 14, description: 'Rollback to v11' } },
    asks: [
      ['getApp', hello],
      ['rollback', hello, { canary: true }],
    ],
    prints: [
      '=====> v14 is on its way: Rollback to v11',
      '       See: sluice rollouts:show v14 -f -a hello',
      UNDO.replace('rollback', 'rollback v12'),
    ],
  },
];

test.each(rows)('sluice $argv', (row) => expectCommand(api, row));
