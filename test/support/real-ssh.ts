import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { parsePublicKey } from '../../core/public-key.ts';
import { createContext, type Context } from '../../server/git/context.ts';
import type { PersonRow } from '../../server/store/people.ts';
import type { TestServer } from './server.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The real SSH front before a TestServer, and real clients (OpenSSH, git) with keys of their own. */
export class RealSsh {
  readonly #server: TestServer;
  readonly #front: Context;
  readonly #port: number;

  private constructor(server: TestServer, front: Context, port: number) {
    this.#server = server;
    this.#front = front;
    this.#port = port;
  }

  static async start(server: TestServer): Promise<RealSsh> {
    const dataDir = join(server.folder, 'data');
    const front = await createContext(
      { dataDir, port: 0, bind: '127.0.0.1', logLevel: 'info', path: process.env['PATH'] ?? '' },
      { log: pino({ level: 'silent' }) },
    );
    const { port } = await front.front.listen();
    return new RealSsh(server, front, port);
  }

  async stop(): Promise<void> {
    await this.#front.front.close(0);
    this.#front.close();
  }

  /** Makes a key pair. @returns its public line */
  newKey(name: string): string {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', this.#keyFile(name)]);
    return readFileSync(`${this.#keyFile(name)}.pub`, 'utf8').trim();
  }

  /** A key pair of that name, which comes in as this person. */
  admit(name: string, person: PersonRow): void {
    this.#server.context.store.people.addKey(person.id, parsePublicKey(this.newKey(name)));
  }

  /** `ssh git@platform WORDS` by a key. */
  ssh(key: string, words: readonly string[], input = ''): Promise<Ran> {
    return ran('ssh', [...this.#arguments(key), 'git@127.0.0.1', ...words], process.cwd(), {}, input);
  }

  /** One connection that several commands share, as ControlMaster does. */
  async share(
    key: string,
  ): Promise<{ ssh(words: readonly string[], input: string): Promise<Ran>; close(): Promise<void> }> {
    const socket = join(this.#server.folder, `cm-${key}`);
    const shared = [...this.#arguments(key), '-o', `ControlPath=${socket}`];
    const at = (args: readonly string[], input = ''): Promise<Ran> =>
      ran('ssh', [...shared, ...args], process.cwd(), {}, input);
    await at(['-o', 'ControlMaster=yes', '-o', 'ControlPersist=60', '-N', '-f', 'git@127.0.0.1']);
    return {
      ssh: (words, input) => at(['-o', 'ControlMaster=no', 'git@127.0.0.1', ...words], input),
      close: async () => void (await at(['-O', 'exit', 'git@127.0.0.1'])),
    };
  }

  /** git in a folder, by a key. */
  git(key: string, folder: string, args: readonly string[]): Promise<Ran> {
    return ran('git', args, folder, {
      HOME: this.#server.folder,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_AUTHOR_NAME: 'A',
      GIT_AUTHOR_EMAIL: 'a@example.com',
      GIT_COMMITTER_NAME: 'A',
      GIT_COMMITTER_EMAIL: 'a@example.com',
      GIT_SSH_COMMAND: ['ssh', ...this.#arguments(key)].join(' '),
    });
  }

  url(app: string): string {
    return `ssh://git@127.0.0.1/${app}`;
  }

  /** A repository of one commit on `main`, whose remote `platform` is the app. @returns its folder */
  async repository(name: string, app: string): Promise<string> {
    const folder = join(this.#server.folder, name);
    mkdirSync(folder);
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\n');
    writeFileSync(join(folder, 'sluice.yaml'), 'canary: off\n');
    for (const args of [
      ['init', '-q', '-b', 'main'],
      ['remote', 'add', 'platform', this.url(app)],
      ['add', '.'],
      ['commit', '-q', '-m', 'first'],
    ]) {
      const { code, err } = await this.git('none', folder, args);
      if (code !== 0) throw new Error(err);
    }
    return folder;
  }

  #keyFile(name: string): string {
    return join(this.#server.folder, `key-${name}`);
  }

  #arguments(key: string): string[] {
    const options = [
      `UserKnownHostsFile=${join(this.#server.folder, 'known_hosts')}`,
      'StrictHostKeyChecking=no',
      'IdentitiesOnly=yes',
      'BatchMode=yes',
      'LogLevel=ERROR',
    ];
    const flags = options.flatMap((option) => ['-o', option]);
    return ['-F', 'none', '-i', this.#keyFile(key), ...flags, '-p', String(this.#port)];
  }
}

function ran(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
  input = '',
): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      { cwd, env: { PATH: process.env['PATH'], ...env } },
      (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code ?? 255), out, err }),
    );
    // A client that ends without reading it: its exit code and words tell why.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}
