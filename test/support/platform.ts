import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataPaths, type DataPaths } from '../../core/paths.ts';
import { type Answer, ask } from './ask.ts';
import { must, type Ran, run, type RunOptions } from './command.ts';
import { eventually } from './eventually.ts';
import { commandOf, type Part, PARTS } from './parts.ts';
import { freePorts } from './ports.ts';
import { sshArgv } from './ssh-argv.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface PlatformOptions {
  /** What one part has beside the environment that people have too. */
  readonly partEnv?: (part: Part) => NodeJS.ProcessEnv;
  /** Called before anything is in the data folder. */
  readonly prepare?: (paths: DataPaths) => Promise<void>;
  /** Called when all parts have ended, before its folder is removed. */
  readonly undo?: () => Promise<void>;
  /** Where memory or time of the server is measured: its answers are not held against the OpenAPI document. */
  readonly answersUnchecked?: true;
}

/** A whole Sluice of its own: real processes from `dist`, own data folder and ports, removed without a trace. */
export class Platform {
  readonly paths: DataPaths;
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly sshPort: number;
  readonly #options: PlatformOptions;
  readonly #children = new Map<Part, ChildProcess>();
  #remotes = 0;

  private constructor(
    folder: string,
    [httpPort = 0, httpsPort = 0, sshPort = 0]: readonly number[],
    env: NodeJS.ProcessEnv,
    options: PlatformOptions,
  ) {
    this.folder = folder;
    this.#options = options;
    this.paths = dataPaths(join(folder, 'data'));
    this.httpPort = httpPort;
    this.httpsPort = httpsPort;
    this.sshPort = sshPort;
    this.env = {
      ...process.env,
      SLUICE_DATA_DIR: this.paths.root,
      SLUICE_HTTP_PORT: String(this.httpPort),
      SLUICE_HTTPS_PORT: String(this.httpsPort),
      SLUICE_SSH_PORT: String(this.sshPort),
      SLUICE_SSH_HOST: '127.0.0.1',
      SLUICE_DOMAIN: 'localhost',
      SLUICE_BUILDER_NAME: 'test',
      HOME: folder,
      XDG_CONFIG_HOME: join(folder, 'config'),
      GIT_CONFIG_GLOBAL: join(folder, 'gitconfig'),
      GIT_CONFIG_NOSYSTEM: '1',
      ...env,
    };
  }

  static async start(env: NodeJS.ProcessEnv = {}, options: PlatformOptions = {}): Promise<Platform> {
    const folder = await mkdtemp(join(tmpdir(), 'sl-'));
    const platform = new Platform(folder, await freePorts(3), env, options);
    try {
      await options.prepare?.(platform.paths);
      await platform.#prepare();
      await Promise.all(PARTS.map((part) => platform.startPart(part)));
      await Promise.race([platform.ready(), platform.#earlyEnd()]);
      await platform.sluiceOk(['setup', '--person', 'alice', '--key', `${platform.key('alice')}.pub`], {
        env: { SLUICE_HOST: '', SLUICE_DATA_DIR: platform.paths.root },
      });
    } catch (error) {
      const logs = await Promise.all(PARTS.map((part) => platform.lastLinesOf(part)));
      await platform.stop().catch((left: unknown) => logs.push(`not all of it is gone: ${String(left)}`));
      await rm(folder, { recursive: true, force: true });
      throw new Error(`the platform did not start\n${logs.join('\n')}`, { cause: error });
    }
    return platform;
  }

  key(person: string): string {
    return join(this.folder, `id_${person}`);
  }

  async newKey(person: string): Promise<string> {
    await must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', person, '-f', this.key(person)]);
    return this.key(person);
  }

  /** How `person` reaches the platform by ssh. */
  sshCommand(person: string): string[] {
    return sshArgv(this.key(person), join(this.folder, 'known_hosts'));
  }

  personEnv(person = 'alice'): NodeJS.ProcessEnv {
    const ssh = this.sshCommand(person).join(' ');
    return {
      ...this.env,
      SLUICE_DATA_DIR: '',
      GIT_SSH_COMMAND: ssh,
      SLUICE_SSH: ssh,
      SLUICE_HOST: `ssh://sluice@127.0.0.1:${this.sshPort}`,
    };
  }

  /** What a person starts when they type `sluice`, with its arguments. */
  sluiceArgv(args: readonly string[]): string[] {
    return [process.execPath, join(ROOT, 'dist/cli/main.js'), ...args];
  }

  async sluice(args: readonly string[], options: RunOptions & { person?: string } = {}): Promise<Ran> {
    const env = { ...this.personEnv(options.person), ...options.env };
    const [program = '', ...rest] = this.sluiceArgv(args);
    return run(program, rest, { cwd: this.folder, ...options, env });
  }

  async sluiceOk(args: readonly string[], options: RunOptions & { person?: string } = {}): Promise<string> {
    const ran = await this.sluice(args, options);
    if (ran.code !== 0) throw new Error(`sluice ${args.join(' ')} ended with ${ran.code}:\n${ran.output}`);
    return ran.stdout;
  }

  async git(cwd: string, args: readonly string[], person = 'alice'): Promise<Ran> {
    return run('git', args, { cwd, env: this.personEnv(person) });
  }

  /** As `git`, but a failure is an error with all that was printed. */
  async gitOk(cwd: string, args: readonly string[], person = 'alice'): Promise<string> {
    return must('git', args, { cwd, env: this.personEnv(person) });
  }

  /** A fresh repository with a copy of an example, one commit, and the remote `platform`. */
  async repository(app: string, files: string | Record<string, string>): Promise<string> {
    const path = join(this.folder, 'work', `${app}-${++this.#remotes}`);
    await mkdir(path, { recursive: true });
    if (typeof files === 'string') await cp(join(ROOT, 'examples', files), path, { recursive: true });
    const env = this.personEnv();
    await must('git', ['init', '-q', '-b', 'main', '.'], { cwd: path, env });
    await must('git', ['remote', 'add', 'platform', `ssh://sluice@127.0.0.1:${this.sshPort}/${app}.git`], {
      cwd: path,
      env,
    });
    await this.commit(path, typeof files === 'string' ? {} : files, 'first');
    return path;
  }

  /** Writes files and commits all; the commit's id. */
  async commit(path: string, files: Record<string, string>, message = 'change'): Promise<string> {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(join(path, name, '..'), { recursive: true });
      await writeFile(join(path, name), text);
    }
    const env = this.personEnv();
    await must('git', ['add', '-A'], { cwd: path, env });
    await must('git', ['commit', '-q', '--allow-empty', '-m', message], { cwd: path, env });
    return (await must('git', ['rev-parse', 'HEAD'], { cwd: path, env })).trim();
  }

  /** Asks an app through the router. */
  async get(host: string, path = '/', headers: NodeJS.Dict<string> = {}): Promise<Answer> {
    return ask({
      host: '127.0.0.1',
      port: this.httpPort,
      path,
      headers: { host: `${host}:${this.httpPort}`, ...headers },
      agent: false,
      timeout: 60_000,
    });
  }

  /** Asks the server over its own socket, as root of the machine. */
  async api(path: string): Promise<unknown> {
    return JSON.parse((await this.#ask(path)).body);
  }

  /** As `api`, with something to say. @throws Error with what the server answers, unless it did what was asked */
  async post(path: string, said: object): Promise<unknown> {
    const { status, body } = await this.#ask(path, said);
    if (status >= 300) throw new Error(`POST ${path} answered ${status}: ${body}`);
    return JSON.parse(body);
  }

  /** The time of day that the server lives in, in seconds since 1970. */
  async serverTime(): Promise<number> {
    return Date.parse((await this.#ask('/healthz')).headers.date ?? '') / 1_000;
  }

  async #ask(path: string, said?: object): Promise<Answer> {
    return ask(
      {
        socketPath: this.paths.serverSocket,
        path,
        timeout: 60_000,
        ...(said && { method: 'POST', headers: { 'content-type': 'application/json' } }),
      },
      said && JSON.stringify(said),
    );
  }

  pid(part: Part): number | undefined {
    return this.#children.get(part)?.pid;
  }

  isRunning(part: Part): boolean {
    const child = this.#children.get(part);
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** What a second process of this part would be started with. */
  commandOf(part: Part): { program: string; args: string[]; env: NodeJS.ProcessEnv } {
    const [program, args] = commandOf(part, this.paths);
    const looked = part === 'server' && this.#options.answersUnchecked !== true ? this.#lookedAt() : {};
    return { program, args, env: { ...this.env, ...looked, ...this.#options.partEnv?.(part) } };
  }

  #lookedAt(): NodeJS.ProcessEnv {
    const preload = join(ROOT, 'test/support/answers/preload.ts');
    return { NODE_OPTIONS: `--import ${preload}`, SLUICE_TEST_ANSWERS: this.#answers };
  }

  get #answers(): string {
    return join(this.folder, 'answers-that-are-not-as-documented');
  }

  /** The HAProxy of this platform, found by its arguments. */
  async haproxyPid(): Promise<number> {
    const found = await must('pgrep', ['-f', `^[^ ]*haproxy .*${this.paths.root}`]);
    return Number(found.trim().split('\n')[0]);
  }

  async startPart(part: Part): Promise<void> {
    const { program, args, env } = this.commandOf(part);
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const log = createWriteStream(this.logFile(part), { flags: 'a' });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    // Nothing of it runs then; whoever waits for it to be ready finds this in its log.
    child.on('error', (error) => log.write(`${String(error)}\n`));
    this.#children.set(part, child);
  }

  /** Rejects when a part ends by itself: nobody needs to wait for what cannot become ready. */
  #earlyEnd(): Promise<never> {
    const ended = [...this.#children].map(
      async ([part, child]) =>
        new Promise<never>((_, reject) => {
          child.once('error', reject);
          child.once('exit', (code, signal) => reject(new Error(`${part} ended: ${code ?? signal}`)));
        }),
    );
    const first = Promise.race(ended);
    // Later ends are no fault: nobody listens to them any more.
    for (const one of [...ended, first]) one.catch(() => undefined);
    return first;
  }

  /** Ends one part the hard way and waits until it is gone. */
  async kill(part: Part, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#children.get(part);
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  async restart(part: Part): Promise<void> {
    await this.kill(part);
    await this.startPart(part);
  }

  /** @param ms for how long it may take */
  async ready(ms = 120_000): Promise<void> {
    await eventually(
      'the platform is ready',
      async () => {
        const doctor = (await this.api('/v1/doctor')) as {
          checks: { name: string; ok: boolean; message: string }[];
        };
        const bad = doctor.checks.filter(
          (check) => !check.ok && check.name !== 'firewall' && check.name !== 'disk',
        );
        if (bad.length > 0) throw new Error(JSON.stringify(bad));
        return true;
      },
      ms,
    );
  }

  async logOf(part: Part): Promise<string> {
    return readFile(this.logFile(part), 'utf8').catch(() => '');
  }

  async lastLinesOf(part: Part): Promise<string> {
    return `${part}:\n${(await this.logOf(part)).trimEnd().split('\n').slice(-10).join('\n')}`;
  }

  logFile(part: Part): string {
    return join(this.folder, `${part}.log`);
  }

  async stop(): Promise<void> {
    await Promise.all(PARTS.map((part) => this.kill(part, 'SIGTERM')));
    // It outlives its router. Asked for before that has ended, a router that is only starting would start it afterwards.
    await must(process.execPath, [join(ROOT, 'dist/router/main.js'), 'stop'], { env: this.env }).catch(
      () => undefined,
    );
    await must(process.execPath, [join(ROOT, 'dist/server/main.js'), 'purge'], { env: this.env });
    await this.#options.undo?.();
    const faults = await readFile(this.#answers, 'utf8').catch(() => '');
    await rm(this.folder, { recursive: true, force: true });
    if (faults !== '') throw new Error(`answers that are not as the OpenAPI document says:\n${faults}`);
  }

  async #prepare(): Promise<void> {
    await mkdir(this.paths.run, { recursive: true, mode: 0o700 });
    await mkdir(join(this.paths.root, 'redis'), { recursive: true });
    await writeFile(
      this.env['GIT_CONFIG_GLOBAL'] as string,
      '[user]\n\tname = Alice\n\temail = alice@example.com\n[advice]\n\tdetachedHead = false\n',
    );
    await this.newKey('alice');
  }
}
