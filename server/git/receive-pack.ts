import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { refusalLines } from '../../core/failure/screen.ts';
import { bytesShown } from '../../core/bytes.ts';
import type { PushOptions } from '../../core/push-options.ts';
import type { Reason } from '../../core/reason.ts';
import { ClientGone } from './channel-output.ts';
import { checkRefs } from './checks/refs.ts';
import { gitArgv, gitEnvironment, objectsArgv } from './git-command.ts';
import { GitObjects } from './git-objects.ts';
import { feed, startGit, untilItEnds, type GitProcess } from './git-process.ts';
import type { GitRequest } from './git-request.ts';
import { HookRecordsReader, type HookRecords } from './hook-records.ts';
import { passErrors } from './pass-errors.ts';
import { FrameSplitter, PktLineError } from './pkt-line.ts';
import { decidePreReceive } from './pre-receive.ts';
import { faultReport, procReceive } from './proc-receive.ts';
import { PushCommandsReader, type PushCommands, type RefCommand } from './push-commands.ts';
import { PusherConsole } from './pusher-console.ts';
import { refuse } from './refusals.ts';
import { DATA_BAND } from './sideband.ts';

/** A push: stock `git receive-pack`, its hooks decided here. @returns the exit code for the client */
export async function receivePack(request: GitRequest): Promise<number> {
  const { app, gone, hooks, path, protocol } = request;
  const git = startGit(gitArgv('git-receive-pack', app, hooks), gitEnvironment(path, protocol), 2, gone);
  return new Push(request, git).serve();
}

class Push {
  readonly #request: GitRequest;
  readonly #git: GitProcess;
  readonly #console: PusherConsole;
  readonly #reader = new PushCommandsReader();
  #asked: PushCommands | undefined;
  #received = 0;
  #deploy: { command: RefCommand; options: PushOptions } | undefined;
  /** The person has been told why, or proc-receive tells them: git's report needs no other word of ours. */
  #explained = false;

  constructor(request: GitRequest, git: GitProcess) {
    this.#request = request;
    this.#git = git;
    this.#console = new PusherConsole(request.output);
  }

  async serve(): Promise<number> {
    const { channel, output } = this.#request;
    const [preReceive, procReceiveSocket] = this.#git.sockets;
    if (preReceive === undefined || procReceiveSocket === undefined)
      throw new Error('git has no hook sockets');
    this.#servePreReceive(preReceive);
    procReceiveSocket.once('data', () => void this.#serveProcReceive(procReceiveSocket));
    void feed(channel, this.#git.stdin, (chunk) => this.#look(chunk));
    const told = passErrors(this.#git.stderr, output);
    await this.#passOutput();
    await told;
    const code = await this.#git.exited;
    for (const socket of this.#git.sockets) socket.destroy();
    return code;
  }

  /** Reads along with what the client sends. */
  #look(chunk: Buffer): void {
    this.#received += chunk.length;
    if (this.#asked !== undefined) return;
    try {
      this.#asked = this.#reader.push(chunk);
    } catch (error) {
      if (!(error instanceof PktLineError)) throw error;
      this.#git.stdin.destroy();
      void this.#explain(refuse('no_push_commands', { why: error.message }));
    }
    if (this.#asked?.capabilities.has('side-band-64k') === true) this.#console.useSideband();
  }

  /** git's own output, whole frames only, so that ours may stand between any two of them. */
  async #passOutput(): Promise<void> {
    const frames = new FrameSplitter();
    for await (const chunk of untilItEnds(this.#git.stdout)) {
      let report: string | undefined;
      const whole = frames.push(chunk, (payload) => {
        if (payload?.[0] === DATA_BAND && this.#asked !== undefined) report ??= payload.toString('utf8', 1);
      });
      if (report !== undefined) await this.#explainReport(report);
      await this.#request.output.write(whole);
    }
    await this.#request.output.write(frames.held);
  }

  /** git refuses some pushes before any hook runs: say then what our table says. */
  async #explainReport(report: string): Promise<void> {
    if (this.#explained || this.#asked === undefined) return;
    const { app } = this.#request;
    const wrongRef = checkRefs(this.#asked.commands, app.deployBranch);
    if (wrongRef !== undefined) return this.#explain(wrongRef);
    if (report.includes('shallow update not allowed')) return this.#explain(refuse('shallow'));
    if (!/unpack (?!ok)/.test(report)) return;
    if (this.#received > app.limits.packBytes) {
      return this.#explain(refuse('pack_too_large', { limit: bytesShown(app.limits.packBytes) }));
    }
    return this.#explain(refuse(this.#asked.shallow ? 'shallow' : 'bad_objects'));
  }

  async #explain(reason: Reason): Promise<void> {
    if (this.#explained) return;
    this.#explained = true;
    this.#request.log.info({ app: this.#request.app.app.name, code: reason.code }, 'push refused');
    await this.#console.lines(refusalLines(reason)).catch(ignoreGone);
  }

  #servePreReceive(socket: Socket): void {
    const reader = new HookRecordsReader();
    socket.on('data', (chunk: Buffer) => {
      let records: HookRecords | undefined;
      try {
        records = reader.push(chunk);
      } catch {
        socket.destroy();
        return;
      }
      if (records === undefined) return;
      socket.removeAllListeners('data');
      void this.#decide(records).then((ok) => socket.write(ok ? 'ok\n' : 'no\n'));
    });
  }

  async #decide(records: HookRecords): Promise<boolean> {
    const { app, path, cache } = this.#request;
    const openObjects = (): GitObjects =>
      new GitObjects(objectsArgv(app.repository), {
        ...gitEnvironment(path),
        GIT_OBJECT_DIRECTORY: records.objectDirectory,
        GIT_ALTERNATE_OBJECT_DIRECTORIES: records.alternates,
      });
    try {
      const verdict = await decidePreReceive(records, app, openObjects, cache);
      if ('refusal' in verdict) {
        await this.#explain(verdict.refusal);
        return false;
      }
      if (verdict.deploy !== undefined) this.#deploy = { command: verdict.deploy, options: verdict.options };
      return true;
    } catch (error) {
      await this.#fault(error);
      return false;
    }
  }

  async #serveProcReceive(socket: Socket): Promise<void> {
    const { app, login, gone, server, quietMs, log } = this.#request;
    const deploy = this.#deploy;
    // git runs this hook only for what pre-receive has let through.
    if (deploy === undefined) {
      socket.destroy();
      return;
    }
    this.#explained = true;
    try {
      const parts = { server, console: this.#console, quietMs, gone, log };
      socket.end(await procReceive({ app, login, ...deploy }, parts));
    } catch (error) {
      if (error instanceof ClientGone) {
        log.info({ app: app.app.name }, 'the pusher left; the build goes on');
        return;
      }
      this.#explained = false;
      await this.#fault(error);
      socket.end(faultReport(deploy.command));
    }
  }

  /** The cause goes to the log, a number to the person. */
  async #fault(error: unknown): Promise<void> {
    if (this.#request.gone.aborted) return;
    const id = randomBytes(4).toString('hex');
    this.#request.log.error({ err: error, id, app: this.#request.app.app.name }, 'push failed');
    await this.#explain(refuse('internal', { id }));
  }
}

function ignoreGone(error: unknown): void {
  if (!(error instanceof ClientGone)) throw error;
}
