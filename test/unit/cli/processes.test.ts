import { afterEach, beforeEach, expect, test } from 'vitest';
import { expectCommand, type CommandRow } from '../../support/cli/command-row.ts';
import { FakeApi } from '../../support/cli/fake-api.ts';
import { invoke } from '../../support/cli/invoke.ts';
import { web, worker } from '../../support/cli/samples.ts';

let api: FakeApi;
beforeEach(async () => {
  api = await FakeApi.start();
});
afterEach(() => api.stop());

const hello = { app: 'hello' };

const rows: CommandRow[] = [
  {
    argv: 'ps -a hello',
    answers: { listProcesses: { processes: [web, worker] } },
    asks: [['listProcesses', hello]],
    prints: [
      'web.1\trunning\tv12\t2026-11-21T09:57:00.000Z\t0\tnode server.js\t',
      'web.2\tcrashed\tv12\t\t3\tnode server.js\tit used more than 512 MB',
      'worker\tscaled to 0\t-\t\t-\tnode worker.js\t',
    ],
  },
  {
    argv: 'ps:scale web=2 worker=0 -a hello',
    answers: { scale: { processes: [worker] } },
    asks: [['scale', hello, { processes: { web: 2, worker: 0 } }]],
    prints: ['=====> Scaled web to 2, worker to 0', 'worker\tscaled to 0\t-\t\t-\tnode worker.js\t'],
  },
  {
    argv: 'ps:restart worker -a hello',
    answers: { restart: undefined },
    asks: [['restart', hello, { process: 'worker' }]],
    prints: [
      '=====> worker of hello restarts, one replica after the other',
      '       See: sluice ps -a hello',
    ],
  },
];

test.each(rows)('sluice $argv', (row) => expectCommand(api, row));

test('on a terminal it is told why a replica is not up, as for a release that failed', async () => {
  api.on('listProcesses', () => ({ processes: [web] }));
  const { stdout } = await invoke(['ps', '-a', 'hello'], {
    settings: { dataDir: api.dataDir },
    interactive: true,
  });
  expect(stdout.split('\n').slice(-7)).toEqual([
    '',
    ' !     web.2 is crashed',
    ' !     it used more than 512 MB',
    ' !     Likely cause: a leak, a file that is read whole, or a limit that is too low for the runtime',
    ' !     Next: make it need less, or an admin raises SLUICE_APP_MEMORY',
    ' !     More: sluice help oom_killed',
    '',
  ]);
});
