import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { must } from '../test/support/command.ts';
import { eventually } from '../test/support/eventually.ts';
import { freePort } from '../test/support/ports.ts';
import { accepts } from './tcp.ts';

/** What Sluice's front gives to `git receive-pack` by argv, here as the repository's own settings. */
const RECEIVE_SETTINGS: readonly (readonly [string, string])[] = [
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['core.bigFileThreshold', '16m'],
  ['transfer.fsckObjects', 'true'],
  ['receive.fsckObjects', 'true'],
  ['receive.advertisePushOptions', 'true'],
  ['receive.autogc', 'false'],
  ['receive.unpackLimit', '20'],
  ['receive.updateServerInfo', 'false'],
  ['receive.maxInputSize', String(1024 ** 3)],
  ['core.fsync', 'committed,reference'],
  ['core.fsyncMethod', 'fsync'],
  ['core.logAllRefUpdates', 'false'],
];

/** A private OpenSSH on loopback: own port, host key and configuration, no PAM; and bare repositories behind it. */
export class OpenSsh {
  readonly port: number;
  readonly argv: readonly string[];
  readonly config: string;
  readonly #folder: string;
  readonly #child: ChildProcess;

  private constructor(
    folder: string,
    port: number,
    argv: readonly string[],
    config: string,
    child: ChildProcess,
  ) {
    this.#folder = folder;
    this.port = port;
    this.argv = argv;
    this.config = config;
    this.#child = child;
  }

  /** @param publicKeys lines of authorized_keys @param sshd absolute path, as sshd wants it */
  static async start(folder: string, publicKeys: string, sshd = '/usr/sbin/sshd'): Promise<OpenSsh> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // sshd's own place for unprivileged children; a machine whose sshd never ran has none.
    await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
    const hostKey = join(folder, 'host_key');
    await must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', hostKey]);
    await writeFile(join(folder, 'authorized_keys'), publicKeys, { mode: 0o600 });
    const port = await freePort();
    const lines = [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${hostKey}`,
      `PidFile ${join(folder, 'sshd.pid')}`,
      `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
      'AuthenticationMethods publickey',
      'UsePAM no',
      'UseDNS no',
      'StrictModes no',
      'PermitRootLogin prohibit-password',
      'PrintMotd no',
      'LogLevel FATAL',
      // A shell that sshd starts reads ~/.bashrc, which may take longer than the push: here there is none.
      `SetEnv HOME=${folder}`,
      // As Sluice's front has it.
      'MaxStartups 10:30:100',
      'PerSourceMaxStartups 10',
    ];
    const config = join(folder, 'sshd_config');
    await writeFile(config, `${lines.join('\n')}\n`);
    const argv = [sshd, '-D', '-e', '-f', config];
    const child = spawn(sshd, argv.slice(1), { stdio: ['ignore', 'ignore', 'inherit'] });
    await eventually('sshd listens', () => accepts(port));
    return new OpenSsh(folder, port, argv, lines.join('; '), child);
  }

  url(repository: string): string {
    return `ssh://${userInfo().username}@127.0.0.1:${this.port}${repository}`;
  }

  async bareRepository(name: string): Promise<string> {
    const path = join(this.#folder, `${name}.git`);
    await must('git', ['init', '-q', '--bare', '--template=', '-b', 'main', path]);
    const sections = RECEIVE_SETTINGS.map(([key, value]) => {
      const [section, variable] = key.split('.');
      return `[${section}]\n\t${variable} = ${value}\n`;
    });
    await appendFile(join(path, 'config'), sections.join(''));
    return path;
  }

  async dropRepository(path: string): Promise<void> {
    await rm(path, { recursive: true, force: true });
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exited;
  }
}
