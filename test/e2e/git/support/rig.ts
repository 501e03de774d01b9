import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import { dataPaths } from '../../../../core/paths.ts';
import { createContext, type Context, type Overrides } from '../../../../server/git/context.ts';
import { FakeServer, type FakeApp } from './fake-server.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A front in this process, a stand-in server behind it, and a person with a key, a clone and real clients. */
export class Rig {
  readonly folder: string;
  readonly server: FakeServer;
  readonly app: FakeApp;
  readonly context: Context;
  readonly pushes = new Set<RunningPush>();
  /** Where clients connect. */
  port: number;

  private constructor(folder: string, server: FakeServer, app: FakeApp, context: Context, port: number) {
    this.folder = folder;
    this.server = server;
    this.app = app;
    this.context = context;
    this.port = port;
  }

  static async start(overrides: Overrides = {}): Promise<Rig> {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-git-'));
    const dataDir = join(folder, 'data');
    const server = new FakeServer(dataPaths(dataDir).serverSocket);
    await server.start();
    const app = server.addApp('hello', join(dataDir, 'repositories', 'hello.git'));
    const context = await createContext(
      { dataDir, port: 0, bind: '127.0.0.1', logLevel: 'info', path: process.env['PATH'] ?? '' },
      { log: pino({ level: 'silent' }), ...overrides },
    );
    const { port } = await context.front.listen();
    const rig = new Rig(folder, server, app, context, port);
    rig.addKey('ann');
    return rig;
  }

  /** Makes a key pair and tells the server whose it is. */
  addKey(person: string, known = true): string {
    const file = join(this.folder, `key-${person}`);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', person, '-f', file]);
    const blob = readFileSync(`${file}.pub`, 'utf8').split(' ')[1] ?? '';
    if (known) this.server.people.set(blob, { id: `person0000${person.padEnd(4, '0')}`, name: person });
    return blob;
  }

  /** Arguments of ssh that reach the front with a person's key, before the host name. */
  sshArguments(person = 'ann'): string[] {
    const options = [
      `UserKnownHostsFile=${join(this.folder, 'known_hosts')}`,
      'StrictHostKeyChecking=no',
      'IdentitiesOnly=yes',
      'BatchMode=yes',
      'LogLevel=ERROR',
    ];
    const flags = options.flatMap((option) => ['-o', option]);
    return ['-F', 'none', '-i', join(this.folder, `key-${person}`), ...flags, '-p', String(this.port)];
  }

  /** A person's environment: their own git settings and ssh, nothing of this machine's. */
  environment(person = 'ann'): NodeJS.ProcessEnv {
    return {
      PATH: process.env['PATH'],
      HOME: this.folder,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_TERMINAL_PROMPT: '0',
      GIT_AUTHOR_NAME: 'Ann',
      GIT_AUTHOR_EMAIL: 'ann@example.com',
      GIT_COMMITTER_NAME: 'Ann',
      GIT_COMMITTER_EMAIL: 'ann@example.com',
      GIT_SSH_COMMAND: ['ssh', ...this.sshArguments(person)].join(' '),
    };
  }

  url(app = 'hello'): string {
    return `ssh://git@127.0.0.1/${app}`;
  }

  /** A fresh repository with a remote `platform`, a Dockerfile and one commit on `main`. */
  clone(name: string, files: Record<string, string> = { Dockerfile: 'FROM scratch\n' }): Clone {
    const folder = join(this.folder, name);
    mkdirSync(folder);
    const clone = new Clone(this, folder);
    clone.git('init', '-q', '-b', 'main');
    clone.git('remote', 'add', 'platform', this.url());
    clone.write(files);
    clone.commit('first');
    return clone;
  }

  /** Every later build ends at once, as live. */
  deployAtOnce(): void {
    this.server.onBuild = (build) => this.server.makeLive(build);
  }

  ssh(args: readonly string[], person = 'ann'): ChildProcess {
    return spawn('ssh', [...this.sshArguments(person), 'git@127.0.0.1', ...args], {
      env: this.environment(person),
    });
  }

  async stop(): Promise<void> {
    for (const push of this.pushes) push.signal('SIGKILL');
    await this.context.front.close(0);
    this.context.close();
    await this.server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class Clone {
  readonly rig: Rig;
  readonly folder: string;

  constructor(rig: Rig, folder: string) {
    this.rig = rig;
    this.folder = folder;
  }

  /** Runs git here; its output without the last newline. */
  git(...args: string[]): string {
    return execFileSync('git', args, {
      cwd: this.folder,
      env: this.rig.environment(),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trimEnd();
  }

  write(files: Record<string, string>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, name)), { recursive: true });
      writeFileSync(join(this.folder, name), text);
    }
  }

  /** Commits everything. */
  commit(message: string): string {
    this.git('add', '-A');
    this.git('commit', '-q', '--allow-empty', '-m', message);
    return this.git('rev-parse', 'HEAD');
  }

  /** Runs a git command against the platform to its end. */
  run(...args: string[]): Promise<Ran> {
    return run('git', args, { cwd: this.folder, env: this.rig.environment() });
  }

  push(...args: string[]): Promise<Ran> {
    return this.run('push', 'platform', ...args);
  }

  /** Starts a push and leaves it running. */
  startPush(...args: string[]): RunningPush {
    const push = new RunningPush(
      spawn('git', ['push', 'platform', ...args], {
        cwd: this.folder,
        env: this.rig.environment(),
        detached: true,
      }),
    );
    this.rig.pushes.add(push);
    void push.exited.then(() => this.rig.pushes.delete(push));
    return push;
  }
}

class RunningPush {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  #chunks: Buffer[] = [];
  #watchers = new Set<() => void>();

  constructor(child: ChildProcess) {
    this.child = child;
    this.exited = new Promise((resolve) => child.once('close', resolve));
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      for (const watcher of this.#watchers) watcher();
    });
  }

  /** All that git wrote to its stderr. */
  get text(): string {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]?.toString() ?? '';
  }

  /** Resolves when the text has been seen. */
  async sees(text: string, deadlineMs = 60_000): Promise<void> {
    if (this.text.includes(text)) return;
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`not seen: ${text}\nin: ${this.text}`)), deadlineMs);
      const watcher = (): void => {
        if (!this.text.includes(text)) return;
        clearTimeout(late);
        this.#watchers.delete(watcher);
        resolve();
      };
      this.#watchers.add(watcher);
    });
  }

  /** What Ctrl-C does: the whole foreground group gets it. */
  signal(signal: NodeJS.Signals): void {
    if (this.child.pid !== undefined) process.kill(-this.child.pid, signal);
  }
}

export function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env: NodeJS.ProcessEnv },
): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(command, args, { ...options, maxBuffer: 512 * 1024 * 1024 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, err });
    });
  });
}

/** Polls a condition until it holds. */
export async function until(condition: () => boolean, what: string, deadlineMs = 60_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
