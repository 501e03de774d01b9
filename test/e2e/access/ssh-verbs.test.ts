import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SshVerb, sshPermissions } from '../../../server/access/permissions.ts';
import type { PersonRow } from '../../../server/store/people.ts';
import { VERBS as WORDS } from '../../../server/git/verbs/verbs.ts';
import { parsePublicKey } from '../../../core/public-key.ts';
import { RealSsh, type Ran } from '../../support/real-ssh.ts';
import { type Actor, LET_IN, SSH_TABLE, WORD_TABLE } from '../../support/role-table.ts';
import { TestServer } from '../../support/server.ts';

const BY_KEY = ['stranger', 'otherDeployKey', 'viewer', 'deployKey', 'deployer', 'owner', 'admin'] as const;
const VERBS = Object.keys(SSH_TABLE) as SshVerb[];

let server: TestServer;
let ssh: RealSsh;
let folder: string;

beforeAll(async () => {
  server = await TestServer.start();
  ssh = await RealSsh.start(server);
  const { store, operations } = server.context;
  const people = Object.fromEntries(
    (['stranger', 'viewer', 'deployer', 'owner'] as const).map((name) => [
      name,
      store.people.create(name, false),
    ]),
  ) as Record<'stranger' | 'viewer' | 'deployer' | 'owner', PersonRow>;
  const shop = await operations.createApp(people.owner, 'shop');
  const other = await operations.createApp(people.owner, 'other');
  store.people.setRole(shop.id, people.viewer.id, 'viewer');
  store.people.setRole(shop.id, people.deployer.id, 'deployer');
  for (const [name, person] of Object.entries(people)) ssh.admit(name, person);
  ssh.admit('admin', server.alice);
  ssh.admit('deployKey', store.people.createFor(shop.id, 'deploy-key', 'ci'));
  ssh.admit('otherDeployKey', store.people.createFor(other.id, 'deploy-key', 'ci'));
  folder = await ssh.repository('work', 'shop');
});
afterAll(async () => {
  await ssh.stop();
  await server.remove();
});

/** One verb on an app, as far as it goes without changing anything. */
async function run(verb: SshVerb, actor: string, app = 'shop'): Promise<Ran> {
  switch (verb) {
    case 'shell':
      return ssh.ssh(actor, []);
    case 'sluice-api':
      return ssh.ssh(
        actor,
        ['sluice-api'],
        'GET /v1/me HTTP/1.1\r\nhost: sluice\r\nconnection: close\r\n\r\n',
      );
    case 'git-upload-pack':
      return ssh.git(actor, folder, ['ls-remote', ssh.url(app)]);
    case 'git-receive-pack':
      return ssh.git(actor, folder, ['push', '--dry-run', ssh.url(app), 'main']);
  }
}

test('every verb has its line in the table, and the front knows no other', () => {
  expect(Object.keys(sshPermissions).sort()).toEqual([...VERBS].sort());
});

test.each(VERBS)('%s is run for whom the table names, and nobody else', async (verb) => {
  const letIn: readonly Actor[] = LET_IN[SSH_TABLE[verb]];
  for (const actor of BY_KEY) {
    const { code, err } = await run(verb, actor);
    const pushes = verb === 'git-receive-pack' && actor === 'deployKey';
    if (letIn.includes(actor) || pushes)
      expect({ code, err: code === 0 ? '' : err }, actor).toEqual({ code: 0, err: '' });
    else
      expect(err, actor).toMatch(
        actor === 'viewer' ? /this needs deployer/ : /there is no app "shop" that you may see/,
      );
  }
});

test('every word for people without the command has its line in the table', () => {
  expect(Object.keys(WORDS).sort()).toEqual(Object.keys(WORD_TABLE).sort());
});

test.each(Object.entries(WORD_TABLE))(
  'ssh HOST %s is answered for %s, and nobody else',
  async (word, who) => {
    const letIn: readonly Actor[] = LET_IN[who];
    for (const actor of BY_KEY) {
      const { code, err } = await ssh.ssh(actor, [word, ...(WORDS[word]?.ofApp ? ['-a', 'shop'] : [])]);
      const refused = /there is no app "shop" that you may see|this needs|a deploy key pushes/.test(err);
      expect({ refused, answered: code === 0 || err !== '' }, actor).toEqual({
        refused: !letIn.includes(actor),
        answered: true,
      });
    }
  },
);

test('a key that nobody has runs nothing', async () => {
  ssh.newKey('nobody');
  for (const verb of VERBS) expect((await run(verb, 'nobody')).err, verb).toContain('Permission denied');
});

test('over git, too, an app that is there is like one that is not, for who has no role in it', async () => {
  for (const verb of ['git-upload-pack', 'git-receive-pack'] as const) {
    for (const actor of ['stranger', 'otherDeployKey']) {
      const [there, missing] = await Promise.all([run(verb, actor, 'shop'), run(verb, actor, 'shqp')]);
      const told = ({ code, out, err }: Ran, app: string) => ({
        code,
        out,
        // What git says itself and what the platform says come by two ways, in either order.
        err: err.replaceAll(app, 'APP').split('\n').toSorted(),
      });
      expect(told(there, 'shop')).toEqual(told(missing, 'shqp'));
    }
  }
});

test('a connection that is open when its key is removed runs nothing more', async () => {
  const { store } = server.context;
  const bob = store.people.create('bob', true);
  const key = store.people.addKey(bob.id, parsePublicKey(ssh.newKey('bob')));
  const master = await ssh.share('bob');
  expect(
    (await master.ssh(['sluice-api'], 'GET /v1/me HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')).out,
  ).toContain('HTTP/1.1 200');
  store.people.removeKey(key.id);
  const after = await master.ssh(
    ['sluice-api'],
    'GET /v1/me HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
  );
  expect(after.out).toContain('HTTP/1.1 401');
  expect(after.out).toContain('key_unknown');
  await master.close();
});
