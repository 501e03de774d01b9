import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from './command.ts';
import { eventually } from './eventually.ts';
import { freePort } from './ports.ts';

const USERNAME = 'pusher';
const PASSWORD = 'secret-of-the-registry';
/** Of that password, as `htpasswd -B` makes it. */
const HTPASSWD = '$2b$05$Ck6QtZ2MXUBJ9DTzGgH.o.3dekQHDlmYevGiIW406oimYf5LKFkoW';

/** A registry of its own, without TLS, that lets nobody in without a login. */
export class LoginRegistry implements AsyncDisposable {
  /** `host:port` */
  host = '';
  readonly login = `${USERNAME}:${PASSWORD}`;
  private readonly address: string;
  private folder = '';
  private child: ChildProcess | undefined;
  private said = '';

  /** @param address of this machine, as the cluster sees it */
  constructor(address: string) {
    this.address = address;
  }

  async start(): Promise<void> {
    this.folder = await mkdtemp(join(tmpdir(), 'sl-registry-'));
    this.host = `${this.address}:${await freePort()}`;
    const htpasswd = join(this.folder, 'htpasswd');
    await writeFile(htpasswd, `${USERNAME}:${HTPASSWD}\n`);
    const configuration = {
      version: '0.1',
      log: { level: 'warn' },
      storage: { filesystem: { rootdirectory: join(this.folder, 'images') } },
      auth: { htpasswd: { realm: 'tests', path: htpasswd } },
      http: { addr: this.host, secret: 'of one process' },
    };
    const file = join(this.folder, 'registry.yaml');
    await writeFile(file, JSON.stringify(configuration));
    this.child = spawn('docker-registry', ['serve', file], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (bytes: Buffer) => (this.said += bytes.toString('utf8')));
    }
    await eventually('the registry answers', async () => (await this.ask('')).status === 200);
  }

  /** As who has the login asks, of `/v2/…`. */
  async ask(path: string): Promise<Response> {
    const authorization = `Basic ${Buffer.from(this.login).toString('base64')}`;
    const accept = 'application/vnd.oci.image.manifest.v1+json, */*';
    return fetch(`http://${this.host}/v2/${path}`, { headers: { authorization, accept } });
  }

  /** Of a Secret `kubernetes.io/dockerconfigjson`. */
  get dockerConfig(): string {
    const auth = Buffer.from(this.login).toString('base64');
    return JSON.stringify({ auths: { [this.host]: { auth } } });
  }

  /** Copies an image here. @param from without a login, without TLS */
  async take(from: string, name: string): Promise<void> {
    const plain = ['--src-tls-verify=false', '--dest-tls-verify=false', '--dest-creds', this.login];
    await must('skopeo', ['copy', '--quiet', ...plain, `docker://${from}`, `docker://${this.host}/${name}`]);
  }

  /** Requests that were let in, a line each: method, path, status, program. */
  letIn(): string[] {
    const line = /"([A-Z]+ \S+) HTTP\/1.1" (\d+) \d+ "[^"]*" "([^"]*)"/g;
    return [...this.said.matchAll(line)]
      .filter(([, , status]) => status !== '401')
      .map(([, what, status, program]) => `${what} ${status} ${program}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child !== undefined && this.child.exitCode === null) {
      const exited = once(this.child, 'exit');
      this.child.kill('SIGKILL');
      await exited;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}
