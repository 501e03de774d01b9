import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { BuildJob, ClaimedTask, Finish } from '../../core/contracts/internal.ts';
import type { PushOptions } from '../../core/push-options.ts';
import { MemoryEngine } from '../../engines/memory/memory-engine.ts';
import { MemoryTraffic } from '../../engines/memory/memory-traffic.ts';
import { MemoryWorkloads } from '../../engines/memory/memory-workloads.ts';
import { createContext, type Overrides, type ServerContext } from '../../server/context.ts';
import type { Listening } from '../../server/http/listen.ts';
import type { BuildQueue } from '../../server/queue/queue.ts';
import { serve } from '../../server/serve.ts';
import { readSettings } from '../../server/settings.ts';
import type { AppRow } from '../../server/store/apps.ts';
import type { BuildRow } from '../../server/store/builds.ts';
import type { PersonRow } from '../../server/store/people.ts';
import { must } from './command.ts';
import { eventually } from './eventually.ts';

export const OPTIONS: PushOptions = {
  wait: 'live',
  detach: false,
  now: false,
  noCache: false,
  supersede: false,
};

/** A queue that only remembers, so that a test is the builder. */
class RememberingQueue implements BuildQueue {
  readonly jobs: BuildJob[] = [];
  async add(job: BuildJob): Promise<void> {
    this.jobs.push(job);
  }
  async healthy(): Promise<boolean> {
    return true;
  }
  async builders(): Promise<number> {
    return 1;
  }
  async close(): Promise<void> {}
}

/** Releases go live at once unless a test says something about canaries. */
function withoutCanary(files: Record<string, string>): Record<string, string> {
  const settings = files['sluice.yaml'] ?? '';
  return settings.includes('canary:') ? files : { ...files, 'sluice.yaml': `${settings}canary: off\n` };
}

/** The real server, journal, git and API, with an engine and a router in memory that outlive it. */
export class TestServer {
  readonly folder: string;
  readonly engine = new MemoryEngine();
  readonly traffic = new MemoryTraffic();
  queue = new RememberingQueue();
  context!: ServerContext;
  alice!: PersonRow;
  #listening!: Listening;

  readonly #environment: Readonly<Record<string, string>>;
  readonly #overrides: Overrides;

  private constructor(folder: string, environment: Readonly<Record<string, string>>, overrides: Overrides) {
    this.folder = folder;
    this.#environment = environment;
    this.#overrides = overrides;
  }

  /** @param environment settings beside the data folder */
  static async start(
    environment: Readonly<Record<string, string>> = {},
    overrides: Overrides = {},
  ): Promise<TestServer> {
    const server = new TestServer(await mkdtemp(join(tmpdir(), 'sl-server-')), environment, overrides);
    await server.open();
    server.alice = server.context.store.people.create('alice', true);
    return server;
  }

  async open(): Promise<void> {
    const settings = readSettings({
      PATH: process.env['PATH'],
      ...this.#environment,
      SLUICE_DATA_DIR: join(this.folder, 'data'),
    });
    this.queue = new RememberingQueue();
    this.context = await createContext(settings, {
      workloads: new MemoryWorkloads(this.engine),
      traffic: this.traffic,
      queue: this.queue,
      log: pino({ level: 'silent' }),
      ...this.#overrides,
    });
    this.#listening = await serve(this.context);
  }

  /** Ends the server as an orderly stop does. */
  /** Ports for parts on other machines; with SLUICE_PLATFORM_TOKEN only. */
  get parts(): { port: number; treePort: number } {
    if (this.#listening.parts === undefined) throw new Error('the server listens for no parts');
    return this.#listening.parts;
  }

  async close(): Promise<void> {
    await this.#listening.close();
    await this.context.close();
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  async app(name: string): Promise<AppRow> {
    return this.context.operations.createApp(this.alice, name);
  }

  /** A commit in the app's repository with these files, on top of `parent`. */
  async commit(app: AppRow, files: Record<string, string>, parent?: string): Promise<string> {
    const repository = this.context.repositories.path(app.id);
    const git = async (args: string[], input?: string): Promise<string> =>
      (
        await must(
          'git',
          ['--git-dir', repository, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args],
          input === undefined ? {} : { input },
        )
      ).trim();
    const lines: string[] = [];
    for (const [name, text] of Object.entries(withoutCanary(files))) {
      lines.push(`100644 blob ${await git(['hash-object', '-w', '--stdin'], text)}\t${name}`);
    }
    const tree = await git(['mktree'], `${lines.join('\n')}\n`);
    return git(['commit-tree', tree, '-m', 'change', ...(parent === undefined ? [] : ['-p', parent])]);
  }

  async push(
    app: AppRow,
    commit: string,
    more: { old?: string; options?: Partial<PushOptions> } = {},
  ): Promise<BuildRow> {
    const { build } = await this.context.operations.acceptPush(this.alice, app, {
      commit,
      old: more.old ?? '0'.repeat(40),
      options: { ...OPTIONS, ...more.options },
    });
    return build;
  }

  async claim(build: BuildRow, instance = 'one'): Promise<{ status: number; task: ClaimedTask }> {
    const { attempt } = this.context.store.builds.require(build.id);
    const body = { buildId: build.id, attempt, builder: 'builder', instance };
    const answer = await this.post('/internal/attempts/claim', body);
    return { status: answer.status, task: answer.body as ClaimedTask };
  }

  async finish(build: BuildRow, finish: Finish): Promise<number> {
    const { attempt } = this.context.store.builds.require(build.id);
    return (await this.post(`/internal/builds/${build.id}/attempts/${attempt}/finish`, finish)).status;
  }

  /** Claims and succeeds with an image of this name. */
  async build(build: BuildRow, image: string): Promise<void> {
    await this.claim(build);
    const images = this.engine.images.get(build.app_id) ?? [];
    this.engine.images.set(build.app_id, [...images, { image, sizeBytes: 1, createdAt: build.number }]);
    const status = await this.finish(build, {
      result: 'succeeded',
      image: { image, exposedPorts: [3000], sizeBytes: 1, user: '1000' },
      baseDigests: {},
    });
    if (status !== 200) throw new Error(`finish answered ${status}`);
  }

  /** Push, build and wait for the rollout's end. */
  async deploy(app: AppRow, commit: string, image: string): Promise<BuildRow> {
    const build = await this.push(app, commit);
    await this.build(build, image);
    await this.context.followEnd(build.id, 'live');
    return build;
  }

  async settled(app: AppRow): Promise<void> {
    const { store } = this.context;
    await eventually(
      'the app has settled',
      () => store.rollouts.open(app.id).length === 0 && store.rollouts.retiring(app.id).length === 0,
    );
  }

  async post(path: string, body: unknown): Promise<{ status: number; body: unknown }> {
    return new Promise((resolve, reject) => {
      const asked = request(
        {
          socketPath: this.context.settings.paths.serverSocket,
          path,
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          agent: false,
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: text === '' ? undefined : JSON.parse(text) }),
          );
        },
      );
      asked.on('error', reject);
      asked.end(JSON.stringify(body));
    });
  }
}
