import { afterEach, beforeEach, test } from 'vitest';
import { expectCommand, type CommandRow } from '../../support/cli/command-row.ts';
import { FakeApi } from '../../support/cli/fake-api.ts';
import { LIVE_NOW, TAKEN_BACK, app, configRelease, promoted, takenBack } from '../../support/cli/samples.ts';

let api: FakeApi;
beforeEach(async () => {
  api = await FakeApi.start();
});
afterEach(() => api.stop());

const hello = { app: 'hello' };
const UNDO = '       Undo: sluice rollback -a hello';

const rows: CommandRow[] = [
  {
    argv: 'config -a hello',
    answers: { getConfig: { version: 3, values: { B: 'two words', A: '1\t2\n3' } } },
    asks: [['getConfig', hello]],
    prints: [String.raw`A${'\t'}1\t2\n3`, 'B\ttwo words'],
  },
  {
    argv: 'config --shell -a hello',
    answers: { getConfig: { version: 3, values: { B: 'two words', A: '1' } } },
    asks: [['getConfig', hello]],
    prints: ['A=1', "B='two words'"],
  },
  {
    argv: 'config:get B -a hello',
    answers: { getConfig: { version: 3, values: { B: 'two\nlines' } } },
    asks: [['getConfig', hello]],
    prints: ['two', 'lines'],
  },
  {
    argv: 'config:get NOPE -a hello',
    answers: { getConfig: { version: 3, values: {} } },
    asks: [['getConfig', hello]],
    prints: [],
    stderr: [' !     NOPE is not set', ' !     Type: sluice config -a hello'],
    code: 1,
  },
  {
    argv: 'config:set LOG_LEVEL=a=b EMPTY= -a hello',
    answers: {
      setConfig: { version: 4, release: configRelease },
      getRollout: promoted,
      getApp: app,
    },
    asks: [
      ['setConfig', hello, { values: { LOG_LEVEL: 'a=b', EMPTY: '' }, now: false }],
      ['getRollout', { app: 'hello', number: '13' }],
      ['getApp', hello],
    ],
    prints: [
      '=====> Set LOG_LEVEL, EMPTY on hello (config version 4)',
      '=====> v13 is live: http://hello.localhost:8000',
      UNDO,
    ],
    stderr: [
      '-----> v13: Set LOG_LEVEL',
      '-----> Release v13: starting 1 web',
      '-----> Canary step 1 of 3: 5 % of requests go to v13',
      '       alice paused it at step 1 of 3',
      '       passed: none of 120 requests failed on v13',
      '-----> Canary step 2 of 3: 25 % of requests go to v13',
      '-----> Promoting v13: it gets all requests',
    ],
  },
  {
    argv: 'config:set A=b --detach -a hello',
    answers: { setConfig: { version: 4, release: configRelease } },
    asks: [['setConfig', hello, { values: { A: 'b' }, now: false }]],
    prints: [
      '=====> Set A on hello (config version 4)',
      '=====> v13 is on its way: Set LOG_LEVEL',
      '       See: sluice rollouts:show v13 -f -a hello',
      '       Undo: sluice rollouts:abort v13 -a hello',
    ],
  },
  {
    argv: 'config:set A=b -a hello',
    answers: { setConfig: { version: 1 } },
    asks: [['setConfig', hello, { values: { A: 'b' }, now: false }]],
    prints: ['=====> Set A on hello (config version 1)', '       No release yet: the next one takes it'],
  },
  {
    argv: 'config:set A=b -a hello',
    answers: { setConfig: { version: 4, unchanged: true, alreadyIn: 12 } },
    asks: [['setConfig', hello, { values: { A: 'b' }, now: false }]],
    prints: [
      '=====> Set A on hello (config version 4): it was so already',
      '       v12 has it: no release is made',
    ],
  },
  {
    argv: 'config:set A=b --no-release -a hello',
    answers: { setConfig: { version: 5, unchanged: true } },
    asks: [['setConfig', hello, { values: { A: 'b' }, now: false, release: false }]],
    prints: [
      '=====> Set A on hello (config version 5): it was so already',
      '       Staged: the next release takes it; to make one now: sluice config:deploy -a hello',
    ],
  },
  {
    argv: 'config:set A=b -a hello',
    answers: {
      setConfig: { version: 4, release: configRelease },
      getRollout: {
        ...takenBack,
        state: 'failed',
        events: [],
        reason: {
          code: 'health_check_failed',
          message: 'web did not answer',
          hint: 'sluice logs',
          detail: ['exit 1'],
        },
      },
      getApp: app,
    },
    asks: [
      ['setConfig', hello, { values: { A: 'b' }, now: false }],
      ['getRollout', { app: 'hello', number: '13' }],
      ['getApp', hello],
    ],
    prints: ['=====> Set A on hello (config version 4)'],
    stderr: [
      '-----> v13: Set LOG_LEVEL',
      ' !     v13 failed',
      ' !     web did not answer',
      '       exit 1',
      ' !     Likely cause: the page that is asked answers with 5xx, or not in time: often a database that cannot be reached',
      ' !     Next: sluice logs',
      ' !     More: sluice help health_check_failed',
      LIVE_NOW,
    ],
    code: 1,
  },
  {
    argv: 'config:set A=b -a hello',
    answers: { setConfig: { version: 4, release: configRelease }, getRollout: takenBack, getApp: app },
    asks: [
      ['setConfig', hello, { values: { A: 'b' }, now: false }],
      ['getRollout', { app: 'hello', number: '13' }],
      ['getApp', hello],
    ],
    prints: ['=====> Set A on hello (config version 4)'],
    stderr: [
      '-----> v13: Set LOG_LEVEL',
      '-----> Release v13: starting 1 web',
      '-----> Canary step 1 of 3: 5 % of requests go to v13',
      '       alice paused it at step 1 of 3',
      '       passed: none of 120 requests failed on v13',
      '-----> Canary step 2 of 3: 25 % of requests go to v13',
      ...TAKEN_BACK,
      LIVE_NOW,
    ],
    code: 1,
  },
  {
    argv: 'config:unset A B --now -a hello',
    answers: { setConfig: { version: 5 } },
    asks: [['setConfig', hello, { values: { A: null, B: null }, now: true }]],
    prints: [
      '=====> Removed A, B on hello (config version 5)',
      '       No release yet: the next one takes it',
    ],
  },
];

test.each(rows)('sluice $argv', (row) => expectCommand(api, row));
