import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import supertest from 'supertest';
import type TestAgent from 'supertest/lib/agent.js';
import { type Mock, onTestFinished, vi } from 'vitest';
import { PERSON_HEADER } from '../../../../core/contracts/internal.ts';
import { Refusal } from '../../../../core/reason.ts';
import type { Workloads } from '../../../../engines/port.ts';
import type { Limits } from '../../../../server/store/tokens.ts';
import { createApi } from '../../../../server/api/api.ts';
import type { ApiDeps } from '../../../../server/api/deps.ts';
import type { RateLimitPolicy } from '../../../../server/api/limits/rate-limits.ts';
import { FileBuildLogs } from '../../../../server/build-logs.ts';
import { Metrics } from '../../../../server/metrics/metrics.ts';
import { createHttpApp, type HttpAppParts } from '../../../../server/http/app.ts';
import { listen } from '../../../../server/http/listen.ts';
import type { SourceWish } from '../../../../server/sources/source.ts';
import type { AppRow } from '../../../../server/store/apps.ts';
import type { PersonRow, RoleName } from '../../../../server/store/people.ts';
import { Store } from '../../../../server/store/store.ts';
import { Vault } from '../../../../server/store/vault.ts';
import { LocalWorkloads } from './local-workloads.ts';
import { RecordedOperations } from './recorded-operations.ts';

export interface Platform {
  readonly store: Store;
  readonly operations: RecordedOperations;
  readonly workloads: LocalWorkloads;
  readonly buildLogs: FileBuildLogs;
  /** Apps of which a delivery was to be worked on. */
  readonly wakes: readonly string[];
  /** What followEnd was asked; settle `over` to end what follows. */
  readonly follows: { buildId: string; until: string; over: PromiseWithResolvers<void> }[];
  /** What was fetched from the linked repository. */
  readonly fetched: SourceWish[];
  /** Asks the linked repository where its branch is. */
  readonly look: Mock<() => Promise<{ commit: string }>>;
  readonly socketPath: string;
  readonly port: number;
  /** Lines that the server logged. */
  readonly logged: Record<string, unknown>[];
  /** Root on the machine. */
  readonly root: TestAgent;
  /** A person, as the SSH front passes requests on. */
  as(person: PersonRow): TestAgent;
  /** A client on the loopback port. */
  tcp(token?: string): TestAgent;
  person(name: string, options?: { admin?: boolean; in?: AppRow; role?: RoleName }): PersonRow;
  token(person: PersonRow, expiresAt?: number, limits?: Limits): string;
  app(name: string, owner: PersonRow): AppRow;
  /** As the server does before it stops. */
  endStreams(): Promise<void>;
  events(): { action: string; person_id: string | null; app_id: string | null; detail: unknown }[];
}

export const METRICS_TOKEN = 'the-token-of-the-metrics';

/** The real API on the real listeners over a journal of its own; ends with the test. */
export async function startPlatform(
  parts: Partial<Omit<HttpAppParts, 'v1' | 'log'>> & {
    rateLimits?: RateLimitPolicy;
    proxies?: readonly string[];
  } = {},
): Promise<Platform> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-api-'));
  const store = new Store(join(folder, 'journal.db'), new Vault(randomBytes(32)));
  const buildLogs = new FileBuildLogs(join(folder, 'logs'), (id) =>
    store.redactors.of(store.builds.byId(id)?.app_id ?? ''),
  );
  const operations = new RecordedOperations(store, buildLogs);
  const workloads = new LocalWorkloads();
  const follows: Platform['follows'] = [];
  const fetched: SourceWish[] = [];
  const wakes: string[] = [];
  const look = vi.fn(async (): Promise<{ commit: string }> => {
    throw new Refusal(422, 'source_login', 'it lets nobody in', 'add the deploy key there');
  });
  const logged: Record<string, unknown>[] = [];
  const log = pino(
    { level: 'debug' },
    { write: (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>) },
  );
  const deps: ApiDeps = {
    store,
    operations,
    rotation: {
      state: () => ({ id: '0123456789abcdef', source: 'file', keys: 1, waiting: 0 }),
      rotate: async () => ({ id: 'fedcba9876543210', source: 'file', keys: 1, waiting: 0 }),
    },
    workloads: workloads as unknown as Workloads,
    buildLogs,
    describe: {
      version: '1.2.3',
      domain: 'example.test',
      httpPort: 8080,
      httpsPort: 8443,
      sshHost: 'git.example.test',
      sshPort: 2222,
      hooksUrl: 'https://deploy.example.test',
      buildSlots: 2,
      hostKeyFingerprint: async () => 'SHA256:hostkey',
    },
    deliveries: { wake: (appId) => void wakes.push(appId) },
    doctor: async () => [
      { name: 'redis', ok: false, message: 'Redis does not answer', fix: 'redis-server &' },
    ],
    followEnd: (buildId, until) => {
      const over = Promise.withResolvers<void>();
      follows.push({ buildId, until, over });
      return over.promise;
    },
    metrics: new Metrics({ store, version: '1.2.3', usage: () => undefined }),
    metricsToken: METRICS_TOKEN,
    proxies: parts.proxies ?? [],
    rateLimits: parts.rateLimits ?? { reads: 0, writes: 0, streams: 0 },
    source: {
      fetch: async (_app, { commit, ref }) => {
        fetched.push({ ...(commit === undefined ? {} : { commit }), ...(ref === undefined ? {} : { ref }) });
        return { commit: commit ?? '5e'.repeat(20) };
      },
      look,
    },
    outgoing: { wake: () => undefined },
    hosts: {
      sourceHosts: undefined,
      privateHosts: ['http://127.0.0.1:9'],
      resolve: async (name) => (name === 'inside.example.com' ? ['10.0.0.1'] : ['93.184.215.14']),
    },
    log,
  };
  const api = createApi(deps);
  const app = createHttpApp({ v1: api.router, log, ...parts });
  const socketPath = join(folder, 'server.sock');
  const listening = await listen(app, { socketPath, tcp: { port: 0 }, upgrade: api.upgrade });
  const { port = 0 } = listening;
  onTestFinished(async () => {
    for (const { over } of follows) over.resolve();
    await api.end();
    await listening.close();
    for (const { id } of store.db.all<{ id: string }>('SELECT id FROM builds')) await buildLogs.rest(id);
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const overSocket = (): TestAgent => supertest.agent(`http+unix://${encodeURIComponent(socketPath)}`);
  return {
    store,
    operations,
    workloads,
    buildLogs,
    wakes,
    follows,
    fetched,
    look,
    socketPath,
    port,
    logged,
    root: overSocket(),
    as: (person) => overSocket().set(PERSON_HEADER, person.id),
    tcp: (token) => {
      const agent = supertest.agent(`http://127.0.0.1:${port}`);
      return token === undefined ? agent : agent.set('Authorization', `Bearer ${token}`);
    },
    person: (name, { admin = false, in: member, role = 'viewer' } = {}) => {
      const person = store.people.create(name, admin);
      if (member) store.people.setRole(member.id, person.id, role);
      return person;
    },
    token: (person, expiresAt, limits = {}) => {
      const token = randomBytes(24).toString('base64url');
      const hash = createHash('sha256').update(token).digest();
      store.tokens.create(person.id, { name: 'ci', hash, limits, expiresAt });
      return token;
    },
    app: (name, owner) => store.apps.create(name, owner.id, store.targetId),
    endStreams: () => api.end(),
    events: () =>
      store.db
        .all<{ action: string; person_id: string | null; app_id: string | null; detail: string }>(
          'SELECT action, person_id, app_id, detail FROM events ORDER BY id',
        )
        .map((event) => Object.assign(event, { detail: JSON.parse(event.detail) as unknown })),
  };
}
