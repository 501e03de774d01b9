import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { must, type Ran, run } from '../../support/command.ts';
import { freePorts } from '../../support/ports.ts';
import { buildSettings, composeCommand } from './compose-command.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
/** What git does not keep, and what belongs to a person's own use of the checkout. */
const NOT_COPIED = new Set(['node_modules', 'dist', '.git', '.sluice', '.env', 'coverage']);
/** Images from nothing, on a busy machine. */
const BUILD_MS = 900_000;

/** Sluice by the checkout's own docker-compose.yml, in a copy of it, under a project name and ports of its own. */
export class ComposeStack {
  readonly folder: string;
  readonly checkout: string;
  readonly project: string;
  readonly httpPort: number;
  readonly sshPort: number;
  readonly #compose: readonly [string, ...string[]];
  readonly #env: NodeJS.ProcessEnv;

  private constructor(
    folder: string,
    ports: { http: number; ssh: number },
    compose: readonly [string, ...string[]],
    env: NodeJS.ProcessEnv,
  ) {
    this.folder = folder;
    this.checkout = join(folder, 'sluice');
    this.project = `sluice-test-${randomBytes(4).toString('hex')}`;
    this.httpPort = ports.http;
    this.sshPort = ports.ssh;
    this.#compose = compose;
    this.#env = env;
  }

  /** A copy of the checkout with a .env; nothing runs yet. */
  static async prepare(settings: Record<string, string>): Promise<ComposeStack> {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-compose-'));
    const [http = 0, https = 0, ssh = 0] = await freePorts(3);
    // What this shell has set for another platform is not meant for this one.
    const own = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(SLUICE|COMPOSE|GIT)_/.test(name)),
    );
    const env = { ...own, ...(await buildSettings(own['PATH'] ?? '')) };
    const stack = new ComposeStack(folder, { http, ssh }, await composeCommand(), env);
    await cp(ROOT, stack.checkout, {
      recursive: true,
      filter: (path) => !NOT_COPIED.has(basename(path)) || relative(ROOT, path) === '',
    });
    const lines = {
      COMPOSE_PROJECT_NAME: stack.project,
      SLUICE_HTTP_PORT: http,
      SLUICE_HTTPS_PORT: https,
      SLUICE_SSH_PORT: ssh,
      SLUICE_SSH_HOST: '127.0.0.1',
      // The engine that the tests use, should it not be where it usually is.
      SLUICE_DOCKER_SOCKET: process.env['SLUICE_DOCKER_SOCKET'] ?? '/var/run/docker.sock',
      ...settings,
    };
    const text = Object.entries(lines).map(([name, value]) => `${name}=${value}\n`);
    await writeFile(join(stack.checkout, '.env'), text.join(''));
    return stack;
  }

  /** Runs `docker compose ARGS` as a person would, in the checkout. */
  async compose(args: readonly string[], input = ''): Promise<string> {
    const [program, ...first] = this.#compose;
    return must(program, [...first, ...args], {
      cwd: this.checkout,
      env: this.#env,
      input,
      timeout: BUILD_MS,
    });
  }

  /** Runs `sluice ARGS` in the server's container. */
  async sluice(args: readonly string[], input = ''): Promise<string> {
    return this.compose(['exec', '-T', 'server', 'sluice', ...args], input);
  }

  /** Runs a command in the container of a part. */
  async inside(service: string, command: readonly string[]): Promise<string> {
    return must('docker', ['exec', await this.container(service), ...command]);
  }

  /** Whether a part says that it can do its work, asked now. */
  async isReady(service: string, ...more: string[]): Promise<boolean> {
    const check = ['/opt/sluice/scripts/part-is-ready.sh', service, ...more];
    return (await run('docker', ['exec', await this.container(service), ...check])).code === 0;
  }

  async container(service: string): Promise<string> {
    const [id] = await this.ids('container', `label=com.docker.compose.service=${service}`);
    if (id === undefined) throw new Error(`no container of ${service}`);
    return id;
  }

  /** Ids of what the project has in the engine. */
  async ids(kind: 'container' | 'network' | 'volume', ...filters: string[]): Promise<string[]> {
    const all = [`label=com.docker.compose.project=${this.project}`, ...filters];
    return engineIds(kind, all);
  }

  /** The keys that the SSH front shows, once it does, as known hosts. */
  async keyscan(): Promise<string> {
    return must('ssh-keyscan', ['-T', '10', '-p', String(this.sshPort), '127.0.0.1']);
  }

  /** Pushes a copy of an example with the key `id` of the folder to the app of its name. */
  async push(example: string): Promise<Ran> {
    const repository = join(this.folder, example);
    const env = this.gitEnv();
    await mkdir(repository);
    await cp(join(this.checkout, 'examples', example), repository, { recursive: true });
    const who = ['-c', 'user.name=Alice', '-c', 'user.email=alice@example.com'];
    for (const args of [
      ['init', '-q', '-b', 'main'],
      ['add', '-A'],
      [...who, 'commit', '-qm', 'first'],
    ]) {
      await must('git', args, { cwd: repository, env });
    }
    return run('git', ['push', this.gitUrl(example), 'main'], { cwd: repository, env });
  }

  gitUrl(app: string): string {
    return `ssh://sluice@127.0.0.1:${this.sshPort}/${app}.git`;
  }

  /** Host keys are those of `known_hosts` in the folder and no others. */
  gitEnv(): NodeJS.ProcessEnv {
    const options = {
      IdentitiesOnly: 'yes',
      BatchMode: 'yes',
      UserKnownHostsFile: join(this.folder, 'known_hosts'),
      StrictHostKeyChecking: 'yes',
    };
    const ssh = Object.entries(options).map(([name, value]) => `-o ${name}=${value}`);
    return {
      ...this.#env,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_SSH_COMMAND: `ssh -F none -i ${join(this.folder, 'id')} ${ssh.join(' ')}`,
    };
  }

  /** Whatever is still there, after a test that failed. */
  async remove(): Promise<void> {
    if ((await this.ids('volume')).length > 0) {
      await this.compose(['stop']);
      await this.compose(['run', '--rm', '--no-deps', 'server', 'purge']);
    }
    await this.compose(['down', '--volumes', '--rmi', 'local']);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Ids of the engine's objects that match all filters. */
export async function engineIds(
  kind: 'container' | 'network' | 'volume' | 'image',
  filters: readonly string[],
): Promise<string[]> {
  const all = kind === 'container' || kind === 'image' ? ['--all'] : [];
  const listed = await must('docker', [
    kind,
    'ls',
    '--quiet',
    ...all,
    ...filters.flatMap((filter) => ['--filter', filter]),
  ]);
  return listed.split('\n').filter(Boolean);
}
