import { afterEach, beforeEach, expect, test } from 'vitest';
import { expectCommand, type CommandRow } from '../../support/cli/command-row.ts';
import { FakeApi } from '../../support/cli/fake-api.ts';
import { invoke } from '../../support/cli/invoke.ts';
import { token } from '../../support/cli/samples.ts';

const SECRET = 'slt_0123456789';

let api: FakeApi;
beforeEach(async () => {
  api = await FakeApi.start();
});
afterEach(() => api.stop());

const {
  apps: _apps,
  role: _role,
  expiresAt: _expires,
  lastUsedAt: _at,
  lastUsedFrom: _from,
  ...wide
} = token;

const rows: CommandRow[] = [
  {
    argv: 'tokens',
    answers: { listTokens: { items: [token, { ...wide, name: 'all' }] } },
    asks: [['listTokens', {}]],
    prints: [
      'alice\tci\tdeployer of hello\t2027-02-18T10:00:00.000Z\t2026-11-21T09:00:00.000Z\t203.0.113.9\t2026-11-20T10:00:00.000Z',
      'alice\tall\tall that alice may\tnever\tnever\t\t2026-11-20T10:00:00.000Z',
    ],
  },
  {
    argv: 'tokens:create --name ci -a hello --app other --role deployer --expires 30d',
    answers: { createToken: { ...token, apps: ['hello', 'other'], token: SECRET } },
    asks: [
      [
        'createToken',
        {},
        { name: 'ci', apps: ['hello', 'other'], role: 'deployer', expiresIn: 30 * 24 * 60 * 60 },
      ],
    ],
    prints: [SECRET],
    stderr: [
      '       The token ci of alice, deployer of hello, other, shown this once:',
      '       Expires: 2027-02-18T10:00:00.000Z',
      '       Use it: SLUICE_URL=https://… SLUICE_TOKEN=slt_… sluice …',
      '       Undo: sluice tokens:revoke token0000001',
    ],
  },
  {
    argv: 'tokens:create --expires never',
    answers: { createToken: { ...wide, token: SECRET } },
    asks: [['createToken', {}, { expiresIn: 'never' }]],
    prints: [SECRET],
    stderr: [
      '       The token ci of alice, all that alice may, shown this once:',
      '       It does not expire',
      '       Use it: SLUICE_URL=https://… SLUICE_TOKEN=slt_… sluice …',
      '       Undo: sluice tokens:revoke token0000001',
    ],
  },
  {
    argv: 'tokens:revoke ci',
    answers: { revokeToken: undefined },
    asks: [['revokeToken', { token: 'ci' }]],
    prints: ['=====> The token ci is revoked'],
  },
];

test.each(rows)('sluice $argv', (row) => expectCommand(api, row));

test.each([
  ['--role pusher', '"pusher" will not do: a role is one of viewer, deployer, owner'],
  ['--expires soon', '"soon" will not do: a time is written 30d, 12h or 45m'],
])('tokens:create %s is a misuse that says what would do', async (words, message) => {
  const outcome = await invoke(['tokens:create', ...words.split(' ')], {
    settings: { dataDir: api.dataDir },
  });
  expect(outcome.code).toBe(2);
  expect(outcome.stderr).toContain(message);
});

test('a token that was cut off in copying is told before anything is sent', async () => {
  const settings = { url: `http://127.0.0.1:${api.port}`, token: `${SECRET}abc` };
  const outcome = await invoke(['tokens'], { settings });
  expect(outcome.code).toBe(2);
  expect(outcome.stderr).toContain('SLUICE_TOKEN was cut off or mistyped');
  expect(api.asked).toEqual([]);
});
