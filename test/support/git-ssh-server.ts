import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { generateHostKey } from '../../server/git/openssh-key.ts';

/** Somebody else's git host: gives the repositories of a folder to who has the right key. */
export class GitSshServer {
  /** Public keys, as lines, that may log in. */
  readonly authorized = new Set<string>();
  readonly #server: ssh2.Server;

  private constructor(root: string, hostKey: string) {
    this.#server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
      client.on('error', () => undefined);
      client.on('authentication', (asked) => {
        const known = [...this.authorized].some((line) => {
          const blob = Buffer.from(line.split(' ')[1] ?? '', 'base64');
          return asked.method === 'publickey' && blob.equals(asked.key.data);
        });
        if (known) asked.accept();
        else asked.reject(['publickey']);
      });
      client.on('session', (accept) => {
        accept().on('exec', (take, _reject, { command }) => {
          const channel = take();
          const path = /^git-upload-pack '(.+)'$/.exec(command)?.[1] ?? '';
          const git = spawn('git', ['-c', 'safe.directory=*', 'upload-pack', join(root, path)]);
          channel.pipe(git.stdin);
          git.stdin.on('error', () => undefined);
          git.stdout.pipe(channel, { end: false });
          git.stderr.pipe(channel.stderr, { end: false });
          git.once('close', (code) => {
            channel.exit(code ?? 1);
            channel.end();
          });
        });
      });
    });
  }

  static async start(root: string, port = 0): Promise<GitSshServer> {
    const server = new GitSshServer(root, generateHostKey('test'));
    server.#server.listen(port, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `ssh://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}
