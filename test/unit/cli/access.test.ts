import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, test } from 'vitest';
import { expectCommand, type CommandRow } from '../../support/cli/command-row.ts';
import { FakeApi } from '../../support/cli/fake-api.ts';
import { key } from '../../support/cli/samples.ts';

let api: FakeApi;
let folder: string;
const PUBLIC_KEY = `ssh-ed25519 ${'A'.repeat(68)} alice@laptop`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-cli-'));
  await writeFile(join(folder, 'id.pub'), `${PUBLIC_KEY}\n`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  api = await FakeApi.start();
});
afterEach(() => api.stop());

const hello = { app: 'hello' };
const person = {
  id: 'person000001',
  name: 'alice',
  admin: true,
  createdAt: '2026-11-20T10:00:00.000Z',
  keys: 2,
  tokens: 1,
  apps: [
    { app: 'hello', role: 'owner' },
    { app: 'blog', role: 'viewer' },
  ],
};
const { person: _person, ...nobodys } = key;
const deployKey = {
  ...nobodys,
  id: 'deploykey001',
  name: 'ci',
  lastUsedAt: '2026-11-21T09:00:00.000Z',
  lastUsedFrom: '203.0.113.9',
};

const rows: CommandRow[] = [
  {
    argv: 'keys',
    answers: { listKeys: { items: [key] } },
    asks: [['listKeys', {}]],
    prints: [`alice\t${key.fingerprint}\tssh-ed25519\talice@laptop\t2026-11-20T10:00:00.000Z\tnever\t`],
  },
  {
    argv: 'keys:add FOLDER/id.pub --person bob',
    answers: { addKey: { ...key, person: 'bob' } },
    asks: [['addKey', {}, { publicKey: PUBLIC_KEY, person: 'bob' }]],
    prints: [
      `=====> bob has the key ${key.fingerprint} (FOLDER/id.pub)`,
      `       Undo: sluice keys:remove ${key.fingerprint}`,
      '       Next: sluice access:add bob deployer -a APP',
    ],
  },
  {
    argv: `keys:remove ${key.fingerprint}`,
    answers: { listKeys: { items: [key] }, removeKey: undefined },
    asks: [
      ['listKeys', {}],
      ['removeKey', { key: 'key000000001' }],
    ],
    prints: [`=====> The key ${key.fingerprint} is removed`],
  },
  {
    argv: 'deploy-keys -a hello',
    answers: { listDeployKeys: { items: [deployKey] } },
    asks: [['listDeployKeys', hello]],
    prints: [`ci\t${key.fingerprint}\t2026-11-20T10:00:00.000Z\t2026-11-21T09:00:00.000Z\t203.0.113.9`],
  },
  {
    argv: 'deploy-keys:add FOLDER/id.pub --name ci -a hello',
    answers: { addDeployKey: deployKey },
    asks: [['addDeployKey', hello, { publicKey: PUBLIC_KEY, name: 'ci' }]],
    prints: [
      `=====> ci may push to hello by the key ${key.fingerprint}`,
      '       Undo: sluice deploy-keys:remove deploykey001 -a hello',
    ],
  },
  {
    argv: 'deploy-keys:remove ci -a hello',
    answers: { listDeployKeys: { items: [deployKey] }, removeDeployKey: undefined },
    asks: [
      ['listDeployKeys', hello],
      ['removeDeployKey', { app: 'hello', key: 'deploykey001' }],
    ],
    prints: ['=====> The deploy key ci of hello is removed'],
  },
  {
    argv: 'deploy-keys:remove cd -a hello',
    answers: { listDeployKeys: { items: [deployKey] } },
    asks: [['listDeployKeys', hello]],
    prints: [],
    stderr: [' !     hello has no deploy key cd', ' !     Type: sluice deploy-keys -a hello'],
    code: 1,
  },
  {
    argv: 'users',
    answers: { listPeople: { items: [person] } },
    asks: [['listPeople', {}]],
    prints: ['alice\tadmin\thello (owner), blog (viewer)\t2\t1\tnever\t2026-11-20T10:00:00.000Z'],
  },
  {
    argv: 'users:set alice --no-admin',
    answers: { setPerson: { ...person, admin: false } },
    asks: [['setPerson', { person: 'alice' }, { admin: false }]],
    prints: ['=====> alice is no admin', '       Undo: sluice users:set alice --admin'],
  },
  {
    argv: 'users:set alice --admin',
    answers: { setPerson: person },
    asks: [['setPerson', { person: 'alice' }, { admin: true }]],
    prints: ['=====> alice is an admin of this platform', '       Undo: sluice users:set alice --no-admin'],
  },
  {
    argv: 'users:set alice',
    answers: {},
    asks: [],
    prints: [],
    stderr: [' !     say one of --admin and --no-admin', ' !     Type: sluice help users:set'],
    code: 2,
  },
  {
    argv: 'users:remove bob --hand-over-to alice',
    answers: { removePerson: undefined },
    asks: [['removePerson', { person: 'bob', heir: 'alice' }]],
    prints: ['=====> bob is removed, with all their keys and tokens'],
  },
  {
    argv: 'access -a hello',
    answers: { listMembers: { items: [{ person: 'bob', role: 'deployer' }] } },
    asks: [['listMembers', hello]],
    prints: ['bob\tdeployer'],
  },
  {
    argv: 'access:add bob deployer -a hello',
    answers: { setMember: { person: 'bob', role: 'deployer' } },
    asks: [['setMember', { app: 'hello', person: 'bob' }, { role: 'deployer' }]],
    prints: ['=====> bob is deployer of hello', '       Undo: sluice access:remove bob -a hello'],
  },
  {
    argv: 'access:remove bob -a hello',
    answers: { removeMember: undefined },
    asks: [['removeMember', { app: 'hello', person: 'bob' }]],
    prints: ['=====> bob has no role with hello any more'],
  },
];

test.each(rows)('sluice $argv', (row) => expectCommand(api, row, folder));
