import { once } from 'node:events';
import { Duplex, PassThrough, type Readable, type Writable } from 'node:stream';
import type Docker from 'dockerode';
import { oneOffExists } from '../../one-off-exists.ts';
import type { OneOff, OneOffCommand, OneOffState, ReleaseSpec } from '../../port.ts';
import { engineStatus, reached, unless } from '../client.ts';
import type { AddressBook } from './address-book.ts';
import type { AppTurns } from '../../replicas/app-turns.ts';
import { oneOffContainer, oneOffName, type ResourceLimits } from './container-spec.ts';
import type { Containers } from './containers.ts';
import { frames } from './frames.ts';
import { putFiles } from './secret-files.ts';

export interface OneOffParts {
  readonly installationId: string;
  readonly limits: ResourceLimits;
  readonly containers: Containers;
  readonly addresses: AddressBook;
  readonly turns: AppTurns;
}

/** One-off commands: `sluice run` and the release phase. */
export class OneOffs {
  private readonly parts: OneOffParts;
  /** Names of those that this process is about to let begin. */
  private readonly beginning = new Set<string>();

  constructor(parts: OneOffParts) {
    this.parts = parts;
  }

  /**
   * Starts a command with its streams attached. A Procfile command (a string) leaves its container behind, so
   * that `find` can tell how it ended; another is removed once its exit code was read.
   * @throws Refusal `one_off_exists` when there is one of this key
   */
  async run(release: ReleaseSpec, command: OneOffCommand): Promise<OneOff> {
    const name = oneOffName(this.parts.installationId, release.app.id, command.key);
    if (this.beginning.has(name)) throw oneOffExists(release, command.key);
    this.beginning.add(name);
    try {
      const container = await this.parts.turns.run(release.app.id, () => this.create(release, command));
      try {
        await putFiles(container, release);
        return await this.start(container, command);
      } catch (error) {
        await this.parts.containers.remove(container.id);
        throw error;
      }
    } finally {
      this.beginning.delete(name);
    }
  }

  async find(appId: string, key: string): Promise<OneOffState | undefined> {
    const name = oneOffName(this.parts.installationId, appId, key);
    const seen = await unless([404], this.parts.containers.docker.getContainer(name).inspect());
    if (seen === undefined) return undefined;
    if (seen.State.Status === 'created') return { state: this.beginning.has(name) ? 'running' : 'unbegun' };
    return seen.State.Running ? { state: 'running' } : { state: 'exited', code: seen.State.ExitCode };
  }

  async end(appId: string, key: string): Promise<void> {
    const name = oneOffName(this.parts.installationId, appId, key);
    const container = this.parts.containers.docker.getContainer(name);
    // 409: it does not run.
    await unless([404, 409], container.kill());
    await unless([404], container.wait());
  }

  private async create(release: ReleaseSpec, command: OneOffCommand): Promise<Docker.Container> {
    const { installationId, containers, addresses, limits } = this.parts;
    const [address = ''] = await addresses.choose(release.app, 1);
    const wanted = oneOffContainer(installationId, release, command, address, limits);
    try {
      return await containers.create(release, wanted);
    } catch (error) {
      if (engineStatus(error) !== 409) throw error;
      if (!(await this.isRemovedUnbegun(release.app.id, command.key)))
        throw oneOffExists(release, command.key);
      return containers.create(release, wanted);
    }
  }

  /** Takes away what a server prepared that died before it let it begin. @returns false when it may have begun */
  private async isRemovedUnbegun(appId: string, key: string): Promise<boolean> {
    const { installationId, containers } = this.parts;
    const container = containers.docker.getContainer(oneOffName(installationId, appId, key));
    const seen = await unless([404], container.inspect());
    if (seen !== undefined && seen.State.Status !== 'created') return false;
    try {
      // Not by force: what that server asked for last may reach the engine only now.
      await unless([404], container.remove({ v: true }));
      return true;
    } catch (error) {
      if (engineStatus(error) === 409) return false;
      throw error;
    }
  }

  private async start(container: Docker.Container, command: OneOffCommand): Promise<OneOff> {
    const socket = await reached(
      container.attach({ stream: true, hijack: true, stdin: true, stdout: true, stderr: true }),
    );
    command.begins?.();
    await this.parts.containers.start(container);
    const exit = this.exit(container, typeof command.command === 'string');
    // Callers may never look at how it ended.
    exit.catch(() => undefined);
    const resize = async (columns: number, rows: number): Promise<void> => {
      // 409 and 500: it has ended meanwhile.
      await unless([404, 409, 500], container.resize({ w: columns, h: rows }));
    };
    if (command.tty && command.columns !== undefined && command.rows !== undefined) {
      await resize(command.columns, command.rows);
    }
    return {
      ...(command.tty ? { stream: socket as Duplex } : apart(socket as Duplex)),
      resize,
      exit,
      kill: async () => {
        await unless([404, 409], container.kill());
      },
    };
  }

  private async exit(
    container: Docker.Container,
    keep: boolean,
  ): Promise<{ code: number; oomKilled: boolean }> {
    const ended = await reached<{ StatusCode: number }>(container.wait());
    const seen = await unless([404], container.inspect());
    if (!keep) await this.parts.containers.remove(container.id);
    return { code: ended.StatusCode, oomKilled: seen?.State.OOMKilled === true };
  }
}

/** Also a target that nobody will read any more. Listeners go: a command that writes for hours would pile them up. */
async function untilRead(target: Writable): Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  try {
    await Promise.race([once(target, 'drain', { signal }), once(target, 'close', { signal })]);
  } finally {
    over.abort();
  }
}

/** Takes stdout and stderr apart. Whoever reads only one of them must let the other flow (`resume()`). */
export function apart(socket: Duplex): { stream: Duplex; stderr: Readable } {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const stdin = new PassThrough();
  stdin.pipe(socket);
  socket.on('error', () => socket.destroy());
  const copy = async (): Promise<void> => {
    try {
      for await (const frame of frames(socket)) {
        const target: Writable = frame.stream === 'stdout' ? stdout : stderr;
        if (target.destroyed) continue;
        if (!target.write(frame.data)) await untilRead(target);
      }
    } catch {
      // The line to the engine broke; the exit code tells how the command ended.
    }
    stdout.end();
    stderr.end();
  };
  void copy();
  return { stream: Duplex.from({ readable: stdout, writable: stdin } as never), stderr };
}
