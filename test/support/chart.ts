import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ask, type Answer } from './ask.ts';
import { kubectl, tryKubectl } from './cluster.ts';
import { must, run, type Ran } from './command.ts';
import { eventually } from './eventually.ts';
import { type LoadReport, openLoop } from './open-loop.ts';
import { testSettings } from './settings.ts';
import { sshArgv } from './ssh-argv.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Sluice in the cluster of the tests as `helm install` puts it there, in a namespace of its own, and a person who uses it. */
export class ChartInstallation implements AsyncDisposable {
  private readonly changes: Record<string, unknown>;
  readonly namespace = `sluice-test-chart-${randomBytes(4).toString('hex')}`;
  private folder = '';
  private sshAddress = '';
  /** Where the routers' Service answers, on port 80. */
  routerAddress = '';

  /** @param changes values instead of the usual ones */
  constructor(changes: Record<string, unknown> = {}) {
    this.changes = changes;
  }

  async start(): Promise<void> {
    this.folder = await mkdtemp(join(tmpdir(), 'sl-chart-'));
    await writeFile(join(this.folder, 'values.json'), JSON.stringify(this.values()));
    await this.helm([
      'install',
      'sluice',
      join(ROOT, 'charts/sluice'),
      '--create-namespace',
      '--wait',
      '--timeout',
      '3m',
    ]);
    this.sshAddress = await this.addressOf('sluice-ssh');
    this.routerAddress = await this.addressOf('sluice-router');
    await this.takesConnections();
    await must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(this.folder, 'id')]);
    const publicKey = await must('cat', [join(this.folder, 'id.pub')]);
    const setup = ['sluice', 'setup', '--person', 'alice', '--key', '-'];
    await this.inServer(setup, publicKey);
    const config = '[user]\n\tname = Alice\n\temail = alice@example.com\n';
    await writeFile(join(this.folder, 'gitconfig'), config);
  }

  /** Upgrades with these values beside the usual ones. */
  async upgrade(changes: Record<string, unknown>, timeout = '3m'): Promise<Ran> {
    await writeFile(join(this.folder, 'changes.json'), JSON.stringify(changes));
    return this.reached(
      this.helmArguments([
        'upgrade',
        'sluice',
        join(ROOT, 'charts/sluice'),
        '--values',
        join(this.folder, 'changes.json'),
        '--wait',
        '--timeout',
        timeout,
      ]),
    );
  }

  /** The same images under another tag, as those of a next version would be; asked for again, the same tag. */
  async nextTag(): Promise<string> {
    const { registry, tag } = platformImages();
    const next = `${tag}-next`;
    for (const image of ['platform', 'router', 'redis']) {
      const name = `docker://${registry}/sluice/${image}`;
      const plain = ['--quiet', '--src-tls-verify=false', '--dest-tls-verify=false'];
      await must('skopeo', ['copy', ...plain, `${name}:${tag}`, `${name}:${next}`]);
    }
    return next;
  }

  /** Back to what was installed by a revision of Helm's. */
  async rollback(revision: number): Promise<Ran> {
    const back = ['rollback', 'sluice', String(revision), '--wait', '--timeout', '2m'];
    return this.reached(this.helmArguments(back));
  }

  /** A new repository with these files, or an example's, and the remote `platform`; its app is made. */
  async app(name: string, files: string | Readonly<Record<string, string>>): Promise<string> {
    const path = join(this.folder, name);
    await mkdir(path);
    if (typeof files === 'string') await cp(join(ROOT, 'examples', files), path, { recursive: true });
    await this.must('git', ['init', '-q', '-b', 'main', '.'], path);
    await this.commit(path, typeof files === 'string' ? {} : files);
    const made = await this.sluice(['apps:create', name], path);
    if (made.code !== 0) throw new Error(`apps:create ${name}:\n${made.output}`);
    // The chart was told of no name by which people reach it.
    const address = `ssh://sluice@${this.sshAddress}/${name}.git`;
    await this.must('git', ['remote', 'set-url', 'platform', address], path);
    return path;
  }

  async commit(path: string, files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(path, name)), { recursive: true });
      await writeFile(join(path, name), text);
    }
    await this.must('git', ['add', '-A'], path);
    await this.must('git', ['commit', '-q', '--allow-empty', '-m', 'change'], path);
  }

  async push(path: string, ...options: string[]): Promise<Ran> {
    return run('git', ['push', ...options, 'platform', 'main'], { cwd: path, env: this.personEnv() });
  }

  async appId(name: string): Promise<string> {
    const apps = JSON.parse((await this.sluice(['apps', '--json'])).stdout) as { id: string; name: string }[];
    const found = apps.find((app) => app.name === name);
    if (found === undefined) throw new Error(`there is no app ${name}`);
    return found.id;
  }

  async sluice(args: readonly string[], cwd = this.folder): Promise<Ran> {
    return run(process.execPath, [join(ROOT, 'dist/cli/main.js'), ...args], { cwd, env: this.personEnv() });
  }

  /** Asks an app through the routers' Service. */
  async get(app: string, path = '/'): Promise<Answer> {
    const headers = { host: `${app}.localhost` };
    return ask({ host: this.routerAddress, port: 80, path, headers, agent: false, timeout: 60_000 });
  }

  /** People who ask an app all the time. */
  load(app: string, rate: number): () => Promise<LoadReport> {
    return openLoop(80, `${app}.localhost`, rate, this.routerAddress);
  }

  async inServer(command: readonly string[], input = ''): Promise<string> {
    const where = [
      'exec',
      '--namespace',
      this.namespace,
      '--stdin',
      'sluice-server-0',
      '--container',
      'server',
      '--',
    ];
    return kubectl([...where, ...command], { input });
  }

  async installationId(): Promise<string> {
    const path = '{.data.installation}';
    const query = [
      'get',
      'secret',
      'sluice-platform',
      '--namespace',
      this.namespace,
      '--output',
      `jsonpath=${path}`,
    ];
    return Buffer.from(await kubectl(query), 'base64').toString();
  }

  /** Whether the account of a part may do something, as `kubectl auth can-i` puts it. */
  async may(part: 'server' | 'builder' | 'router', ...what: string[]): Promise<boolean> {
    const account = `system:serviceaccount:${this.namespace}:sluice-${part}`;
    return (await tryKubectl(['auth', 'can-i', ...what, '--as', account])).stdout.trim() === 'yes';
  }

  /** What `kubectl` answers to the account of a part. */
  async as(part: 'server' | 'builder', args: readonly string[], input = ''): Promise<Ran> {
    const account = `system:serviceaccount:${this.namespace}:sluice-${part}`;
    return tryKubectl([...args, '--as', account], { input });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const id = await this.installationId().catch(() => '');
    await run(testSettings.clusterHelm, this.helmArguments(['uninstall', 'sluice', '--ignore-not-found']));
    const found = await kubectl([
      'get',
      'namespaces',
      '--selector',
      `sluice.dev/installation=${id}`,
      '--output',
      'name',
    ]);
    const apps = id === '' ? [] : found.split('\n').filter(Boolean);
    // Another installation may build there: it goes with the one that made it.
    const maker = 'jsonpath={.metadata.annotations.meta\\.helm\\.sh/release-namespace}';
    const made = await kubectl([
      'get',
      'namespace',
      'sluice-builds',
      '--ignore-not-found',
      '--output',
      maker,
    ]);
    const builds = made === this.namespace ? ['namespace/sluice-builds'] : [];
    if (builds.length === 0 && id !== '') await this.removeOwnBuilds(id);
    const names = [...apps, `namespace/${this.namespace}`, ...builds];
    await kubectl(['delete', ...names, '--ignore-not-found', '--timeout', '120s'], { timeout: 130_000 });
    await rm(this.folder, { recursive: true, force: true });
  }

  private async removeOwnBuilds(id: string): Promise<void> {
    const own = ['--namespace', 'sluice-builds', '--selector', `sluice.dev/installation=${id}`];
    await kubectl(['delete', 'jobs,persistentvolumeclaims,secrets', ...own, '--ignore-not-found']);
  }

  private values(): Record<string, unknown> {
    const { registry, tag } = platformImages();
    const service = { type: 'ClusterIP' };
    const volume = { class: testSettings.clusterStorageClass, size: '1Gi' };
    return {
      images: { registry, tag, buildkit: testSettings.clusterBuildkitImage },
      server: { storage: volume },
      ssh: { service },
      routers: { service },
      builds: { cache: volume },
      registry: {
        host: registry,
        insecure: true,
        addresses: [`${registry.replace(/:.*$/, '')}/32`],
        mirrors: { 'docker.io': [registry] },
      },
      network: { privateRanges: ['10.243.0.0/24', '10.244.0.0/16', '10.96.0.0/16', '169.254.0.0/16'] },
      ...this.changes,
    };
  }

  private async helm(args: readonly string[]): Promise<string> {
    return must(testSettings.clusterHelm, this.helmArguments(args));
  }

  /** What Helm does, and that it is reached: Helm waits for pods, and nodes send connections to these a moment later. */
  private async reached(args: readonly string[]): Promise<Ran> {
    const ran = await run(testSettings.clusterHelm, args);
    if (ran.code === 0) await this.takesConnections();
    return ran;
  }

  private async takesConnections(): Promise<void> {
    const entrances = [
      [this.sshAddress, 22],
      [this.routerAddress, 80],
    ] as const;
    for (const [host, port] of entrances) {
      await eventually(`${host}:${port} takes connections`, async () => {
        const socket = connect({ host, port });
        await once(socket, 'connect', { signal: AbortSignal.timeout(20_000) }).finally(() =>
          socket.destroy(),
        );
        return true;
      });
    }
  }

  private helmArguments(args: readonly string[]): string[] {
    const values = ['install', 'upgrade'].includes(args[0] ?? '')
      ? ['--values', join(this.folder, 'values.json')]
      : [];
    const [verb = '', ...rest] = args;
    return [
      verb,
      ...values,
      ...rest,
      '--namespace',
      this.namespace,
      '--kubeconfig',
      testSettings.clusterKubeconfig ?? '',
    ];
  }

  private async addressOf(service: string): Promise<string> {
    const query = ['get', 'service', service, '--namespace', this.namespace];
    return kubectl([...query, '--output', 'jsonpath={.spec.clusterIP}']);
  }

  private async must(program: string, args: readonly string[], cwd: string): Promise<string> {
    return must(program, args, { cwd, env: this.personEnv() });
  }

  /** With the key of the person, for git and `sluice`. */
  personEnv(): NodeJS.ProcessEnv {
    const ssh = sshArgv(join(this.folder, 'id'), join(this.folder, 'known_hosts')).join(' ');
    return {
      ...process.env,
      HOME: this.folder,
      XDG_CONFIG_HOME: join(this.folder, 'config'),
      GIT_CONFIG_GLOBAL: join(this.folder, 'gitconfig'),
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_SSH_COMMAND: ssh,
      SLUICE_SSH: ssh,
      SLUICE_HOST: `ssh://sluice@${this.sshAddress}`,
    };
  }
}

/** Where the images of the platform are, by that of the tests. */
function platformImages(): { readonly registry: string; readonly tag: string } {
  const [registry = '', tag = ''] =
    /^(.+?)\/sluice\/platform:(.+)$/.exec(testSettings.clusterPlatformImage)?.slice(1) ?? [];
  return { registry, tag };
}
