import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { must, run } from '../test/support/command.ts';
import { Platform } from '../test/support/platform.ts';
import { Journal } from './journal.ts';
import { OpenSsh } from './openssh.ts';
import { report } from './report.ts';

/** The same for both sides, so that a ratio compares servers and not ciphers. */
const SAME_CRYPTO = [
  '-o',
  'KexAlgorithms=curve25519-sha256',
  '-o',
  'Ciphers=aes128-gcm@openssh.com',
  '-o',
  'MACs=hmac-sha2-256-etm@openssh.com',
  '-o',
  'HostKeyAlgorithms=ssh-ed25519',
];

const running = new Set<Rig>();

/** One Sluice and one OpenSSH side by side, with one person who may push to both. */
export class Rig {
  readonly platform: Platform;
  readonly openSsh: OpenSsh;
  readonly journal: Journal;
  #stopped: Promise<void> | undefined;

  private constructor(platform: Platform, openSsh: OpenSsh) {
    this.platform = platform;
    this.openSsh = openSsh;
    this.journal = new Journal(platform.paths.journal);
  }

  static async start(env: NodeJS.ProcessEnv = {}): Promise<Rig> {
    const platform = await Platform.start(env, { answersUnchecked: true });
    const rig = await Rig.#beside(platform);
    running.add(rig);
    return rig;
  }

  /** Ends and removes everything that a run cut short would leave. */
  static async stopAll(): Promise<void> {
    await Promise.all([...running].map((rig) => rig.stop()));
  }

  static async #beside(platform: Platform): Promise<Rig> {
    const key = await readFile(`${platform.key('alice')}.pub`, 'utf8');
    return new Rig(platform, await OpenSsh.start(join(platform.folder, 'openssh'), key));
  }

  /** The argv of ssh, as git runs it on both sides. */
  sshArgv(more: readonly string[] = []): string[] {
    return [...this.platform.sshCommand('alice'), ...SAME_CRYPTO, ...more];
  }

  clientEnv(more: readonly string[] = []): NodeJS.ProcessEnv {
    const env = this.platform.personEnv();
    return { ...env, GIT_SSH_COMMAND: this.sshArgv(more).join(' ') };
  }

  /** A new app with a repository of `files`, whose remotes are `platform` and `openssh`. @returns its folder and the bare one */
  async repository(
    app: string,
    files: string | Record<string, string>,
  ): Promise<{ path: string; bare: string }> {
    await this.platform.sluiceOk(['apps:create', app]);
    const path = await this.platform.repository(app, files);
    const bare = await this.openSsh.bareRepository(app);
    await must('git', ['remote', 'add', 'openssh', this.openSsh.url(bare)], { cwd: path });
    return { path, bare };
  }

  /** Milliseconds of one git command, and what it said. */
  async timedGit(
    cwd: string,
    args: readonly string[],
    env = this.clientEnv(),
  ): Promise<{ ms: number; code: number; output: string }> {
    const began = performance.now();
    const { code, output } = await run('git', args, { cwd, env });
    return { ms: performance.now() - began, code, output };
  }

  /** As `timedGit`. @throws when git fails: a time of a failure is no time */
  async push(cwd: string, args: readonly string[]): Promise<number> {
    const pushed = await this.timedGit(cwd, args);
    if (pushed.code !== 0)
      throw new Error(`git ${args.join(' ')} ended with ${pushed.code}:\n${pushed.output}`);
    return pushed.ms;
  }

  /** Says which key exchange, cipher and MAC each side ends up with, and how OpenSSH runs. */
  async describe(): Promise<void> {
    report.argv('GIT_SSH_COMMAND', this.sshArgv());
    report.argv('sshd', this.openSsh.argv);
    report.line(`   sshd_config: ${this.openSsh.config}`);
    for (const [side, port] of [
      ['sluice', this.platform.sshPort],
      ['openssh', this.openSsh.port],
    ] as const) {
      const [program = 'ssh', ...args] = this.sshArgv(['-p', String(port), '127.0.0.1', 'true']);
      const { output } = await run(program, ['-v', ...args]);
      const agreed = [...output.matchAll(/kex: (algorithm: \S+|server->client .*)/g)].map(
        (match) => match[1],
      );
      const version = /remote software version (\S+)/.exec(output)?.[1] ?? '?';
      report.line(`   ${side}: ${version}; ${agreed.join('; ').trim()}`);
    }
  }

  /** Once, however often it is asked for. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    running.delete(this);
    this.journal.close();
    await this.openSsh.stop();
    await this.platform.stop();
  }
}
