import { createHash, randomBytes } from 'node:crypto';
import { type IncomingHttpHeaders, request } from 'node:http';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { PERSON_HEADER } from '../../../core/contracts/internal.ts';
import { type RouteContract, type RouteName, routes } from '../../../core/contracts/routes.ts';
import type { Limits } from '../../../server/store/tokens.ts';
import type { PersonRow } from '../../../server/store/people.ts';
import { type Actor, ACTORS, LET_IN, OUTSIDE, ROLE_TABLE, UNKNOWN } from '../../support/role-table.ts';
import { TestServer } from '../../support/server.ts';

/** As long as the name of the app that is there. */
const THERE = 'shop';
const MISSING = 'shqp';

let server: TestServer;
const headers = new Map<Actor, Record<string, string>>();

beforeAll(async () => {
  server = await TestServer.start();
  const { store, operations } = server.context;
  const person = (name: string): PersonRow => store.people.create(name, false);
  const [stranger, viewer, deployer, owner] = ['stranger', 'viewer', 'deployer', 'owner'].map(person) as [
    PersonRow,
    PersonRow,
    PersonRow,
    PersonRow,
  ];
  const shop = await operations.createApp(owner, THERE);
  const other = await operations.createApp(owner, 'other');
  store.people.setRole(shop.id, viewer.id, 'viewer');
  store.people.setRole(shop.id, deployer.id, 'deployer');
  const token = (name: string, of: PersonRow, limits: Limits = {}, expiresAt?: number) => {
    const text = randomBytes(20).toString('hex');
    const hash = createHash('sha256').update(text).digest();
    const { id } = store.tokens.create(of.id, { name, hash, limits, expiresAt });
    return { id, header: { authorization: `Bearer ${text}` } };
  };
  const by = ({ id }: PersonRow) => ({ [PERSON_HEADER]: id });
  const revoked = token('revoked', owner);
  store.tokens.revoke(revoked.id);
  const all: Record<Actor, Record<string, string>> = {
    // Over the machine's socket only what a proxy passes on comes from nobody.
    nobody: { 'x-forwarded-for': '203.0.113.9' },
    revokedToken: revoked.header,
    expiredToken: token('expired', owner, {}, Date.now() - 1).header,
    stranger: by(stranger),
    otherDeployKey: by(store.people.createFor(other.id, 'deploy-key', 'ci')),
    otherAppToken: token('other', owner, { apps: [other.id] }).header,
    viewer: by(viewer),
    viewerToken: token('viewer', owner, { role: 'viewer' }).header,
    deployKey: by(store.people.createFor(shop.id, 'deploy-key', 'ci')),
    deployer: by(deployer),
    owner: by(owner),
    ownerToken: token('owner', owner).header,
    admin: by(server.alice),
    adminToken: token('admin', server.alice).header,
    machine: {},
  };
  for (const actor of ACTORS) headers.set(actor, all[actor]);
});
afterAll(() => server.remove());

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

/** What is named beside the app is not there, and bodies are empty: whoever is let in, is refused for that instead. */
function ask(name: RouteName, actor: Actor, app = THERE): Promise<Answer> {
  const contract: RouteContract = routes[name];
  const fill: Record<string, string> = { app, number: '999', host: 'no.example', person: 'nobody' };
  const path = contract.path.replaceAll(/:([a-z]+)/g, (_, key: string) => fill[key] ?? 'nothing');
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        socketPath: server.context.settings.paths.serverSocket,
        method: contract.method,
        path,
        headers: { ...headers.get(actor), 'content-length': 0 },
        agent: false,
      },
      (response) => {
        let body = '';
        const status = response.statusCode ?? 0;
        const done = (): void => {
          const code = status < 400 ? '' : (JSON.parse(body) as { reason: { code: string } }).reason.code;
          resolve({ status, code, body, headers: response.headers });
        };
        // What is streamed has no end; that it began is the answer.
        if (status < 400 && contract.stream) {
          response.destroy();
          done();
          return;
        }
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.on('end', done);
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}

const names = Object.keys(routes) as RouteName[];
const ofApps = names.filter((name) => routes[name].path.includes(':app'));

test('every route has its line in the table', () => {
  expect(Object.keys(ROLE_TABLE).sort()).toEqual([...names].sort());
});

test.each(names.filter((name) => ROLE_TABLE[name] !== 'open'))(
  '%s lets in whom the table names, and nobody else',
  async (name) => {
    const letIn: readonly Actor[] = LET_IN[ROLE_TABLE[name]];
    for (const actor of ACTORS) {
      const { status, code } = await ask(name, actor);
      // 429: so many wrong tokens come from here that nobody looks at them for a while.
      if (UNKNOWN.includes(actor)) expect([401, 429], actor).toContain(status);
      else if (letIn.includes(actor))
        expect(`${status} ${code}`, actor).not.toMatch(/^40[13] |app_not_found|^5/);
      else if (ofApps.includes(name) && OUTSIDE.includes(actor)) expect(code, actor).toBe('app_not_found');
      else expect(status, actor).toBe(403);
    }
  },
);

test.each(ofApps)(
  '%s: for who has no role in it, an app that is there is like one that is not',
  async (name) => {
    for (const actor of OUTSIDE) {
      const [there, missing] = [await ask(name, actor, THERE), await ask(name, actor, MISSING)];
      const { date: _one, ratelimit: _left, ...thereHeaders } = there.headers;
      const { date: _other, ratelimit: _less, ...missingHeaders } = missing.headers;
      expect(there.status, actor).toBe(404);
      expect({ ...there, headers: thereHeaders, body: there.body.replaceAll(THERE, 'APP') }, actor).toEqual({
        ...missing,
        headers: missingHeaders,
        body: missing.body.replaceAll(MISSING, 'APP'),
      });
    }
  },
);

test('nor does the time tell: the journal is asked the same questions', async () => {
  const asked: string[] = [];
  const { db } = server.context.store;
  for (const way of ['get', 'all'] as const) {
    const real = db[way].bind(db);
    vi.spyOn(db, way).mockImplementation((sql: string, ...values: Parameters<typeof db.get>[1][]) => {
      asked.push(sql);
      return real(sql, ...values) as never;
    });
  }
  for (const actor of OUTSIDE) {
    const questions: string[][] = [];
    for (const app of [THERE, MISSING]) {
      // Once before, so that what is noted once a minute is noted.
      await ask('getApp', actor, app);
      asked.length = 0;
      await ask('getApp', actor, app);
      questions.push([...asked]);
    }
    expect(questions[0]?.length, actor).toBeGreaterThan(2);
    expect(questions[0], actor).toEqual(questions[1]);
  }
  vi.restoreAllMocks();
});

test('a key that was removed, or whose person was, opens nothing on a connection that it opened', async () => {
  const { store } = server.context;
  const bob = store.people.create('bob', true);
  headers.set('admin', { [PERSON_HEADER]: bob.id });
  expect((await ask('listPeople', 'admin')).status).toBe(200);
  store.people.remove(bob.id);
  for (const name of ['me', 'listPeople', 'getApp'] as const) {
    expect(await ask(name, 'admin')).toMatchObject({ status: 401, code: 'person_unknown' });
  }
});
