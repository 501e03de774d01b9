import { afterEach, beforeEach, test } from 'vitest';
import { expectCommand, type CommandRow } from '../../support/cli/command-row.ts';
import { FakeApi } from '../../support/cli/fake-api.ts';
import { status } from '../../support/cli/samples.ts';

let api: FakeApi;
beforeEach(async () => {
  api = await FakeApi.start();
});
afterEach(() => api.stop());

const rows: CommandRow[] = [
  {
    argv: 'status',
    answers: {
      status: {
        ...status,
        maintenance: ['blog', 'shop'],
        parts: [{ name: 'router', ok: false, message: 'does not answer' }],
      },
    },
    asks: [['status', {}]],
    prints: [
      'Version\t0.1.0',
      'SSH\tssh://sluice@127.0.0.1:2222',
      `Host key\t${status.ssh.fingerprint}`,
      'Apps\thttp://NAME.localhost:8000',
      'Apps (TLS)\thttps://NAME.localhost:8443',
      'Builds\t2 running of 3 at once, 1 queued',
      'In maintenance\tblog shop',
      'Part router\tFAILS: does not answer',
    ],
    stderr: [' !     Something fails. Type: sluice doctor'],
  },
];

test.each(rows)('sluice $argv', (row) => expectCommand(api, row));
