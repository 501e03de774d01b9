import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, globSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { must, run } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { kill } from './processes.ts';

/**
 * A Docker engine that may be stopped and killed: its images, networks and firewall rules are those of the matrix's own
 * namespaces, so that no other engine of this machine notices.
 */
export class PrivateEngine {
  readonly socket: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #folder: string;
  readonly #cgroup: string;
  #daemon: ChildProcess | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#cgroup = basename(dirname(folder));
    this.socket = join(folder, 'run', 'docker.sock');
    this.env = { SLUICE_DOCKER_SOCKET: this.socket, DOCKER_HOST: `unix://${this.socket}` };
  }

  /** @param archive a file of `docker save` with the base images that apps are built from */
  static async start(folder: string, archive: string): Promise<PrivateEngine> {
    const engine = new PrivateEngine(folder);
    await mkdir(join(folder, 'run'), { recursive: true });
    // A disk in memory is seen in this mount namespace only: whoever looks for an engine must not find this one.
    await must('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'sluice-crash', join(folder, 'run')]);
    await writeFile(join(folder, 'daemon.json'), '{}');
    await engine.start();
    await must('docker', ['load', '--input', archive], { env: engine.#clientEnv });
    return engine;
  }

  async start(): Promise<void> {
    // A daemon that was killed leaves it, and its number may be that of another process by now.
    await rm(join(this.#folder, 'run/dockerd.pid'), { force: true });
    // It also leaves mounts that the next one knows nothing of and could never remove. Where systemd runs it, they end
    // with its mount namespace.
    await this.#unmount(join(this.#folder, 'data'));
    const daemon = spawn('dockerd', this.#arguments(), {
      // As scripts/lib/docker-engine.sh: BuildKit would cut long output.
      env: {
        ...this.#clientEnv,
        BUILDKIT_STEP_LOG_MAX_SIZE: '1000000000',
        BUILDKIT_STEP_LOG_MAX_SPEED: '1000000000',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = createWriteStream(this.logFile, { flags: 'a' });
    daemon.stdout.pipe(log, { end: false });
    daemon.stderr.pipe(log, { end: false });
    this.#daemon = daemon;
    await eventually(
      'the private Docker engine answers',
      async () => {
        if (!this.isRunning()) throw new Error(`dockerd has ended; its log is ${this.logFile}`);
        return (await run('docker', ['version'], { env: this.#clientEnv })).code === 0;
      },
      60_000,
    );
  }

  /** SIGTERM also stops the containers; SIGKILL leaves them to the next start, which ends them. */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (!this.#daemon || !this.isRunning()) return;
    const exited = once(this.#daemon, 'exit');
    this.#daemon.kill(signal);
    await exited;
  }

  /** As when the machine loses power: the containers end with it, and what is in memory is gone. */
  async powerOff(): Promise<void> {
    await this.stop('SIGKILL');
    const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    for (const pid of processes) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      const groups = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
      if (command.includes(this.#folder) || groups.includes(`/${this.#cgroup}/`)) kill(Number(pid));
    }
    await this.#unmount(join(this.#folder, 'run/exec'));
    await rm(join(this.#folder, 'run/exec'), { recursive: true, force: true });
  }

  /** For good: its files go too. */
  async remove(): Promise<void> {
    await this.stop('SIGTERM');
    await this.#unmount(this.#folder);
    await rm(this.#folder, { recursive: true, force: true });
    // The daemon removes those of its containers, and leaves this one above them.
    for (const group of globSync(`/sys/fs/cgroup/{,*/}${this.#cgroup}`)) {
      await eventually('the control group is empty', async () => removeGroup(group).then(() => true));
    }
  }

  isRunning(): boolean {
    return this.#daemon !== undefined && this.#daemon.exitCode === null && this.#daemon.signalCode === null;
  }

  get logFile(): string {
    return join(this.#folder, 'dockerd.log');
  }

  get #clientEnv(): NodeJS.ProcessEnv {
    return { ...process.env, ...this.env };
  }

  /** Everything that is mounted at or below a path, innermost first. */
  async #unmount(path: string): Promise<void> {
    const mounts = (await readFile('/proc/self/mounts', 'utf8'))
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '')
      .filter((mounted) => mounted === path || mounted.startsWith(`${path}/`));
    for (const mounted of mounts.toReversed()) await must('umount', ['--lazy', mounted]);
  }

  #arguments(): string[] {
    const within = (name: string): string => join(this.#folder, name);
    const settings = {
      'config-file': within('daemon.json'),
      'data-root': within('data'),
      'exec-root': within('run/exec'),
      pidfile: within('run/dockerd.pid'),
      host: `unix://${this.socket}`,
      'exec-opt': 'native.cgroupdriver=cgroupfs',
      'cgroup-parent': `/${this.#cgroup}`,
      // Where the machine has a containerd of its own, this daemon uses that one too.
      'containerd-namespace': 'sluice-crash',
      'containerd-plugins-namespace': 'sluice-crash-plugins',
    };
    return Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
  }
}

async function removeGroup(group: string): Promise<void> {
  const inside = await readdir(group, { withFileTypes: true });
  for (const entry of inside) if (entry.isDirectory()) await removeGroup(join(group, entry.name));
  await rmdir(group);
}
