import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { Connection, ServerChannel, Session } from 'ssh2';
import { refusalLines } from '../../core/failure/screen.ts';
import type { Authenticated, GitService } from '../../core/contracts/internal.ts';
import { Refusal, type Reason } from '../../core/reason.ts';
import type { ApiProxy } from './api-proxy.ts';
import { ChannelOutput, ClientGone } from './channel-output.ts';
import { parseCommand, type Command } from './command.ts';
import { type Login, loginOf } from './login.ts';
import { FLUSH, pktLine } from './pkt-line.ts';
import { receivePack } from './receive-pack.ts';
import { refuse } from './refusals.ts';
import { whileUnreachable } from './retry.ts';
import { ServerUnreachable, type ServerClient } from './server-client.ts';
import { printable } from './terminal.ts';
import type { SummaryCache } from './tree-summary.ts';
import { runVerb } from './verbs/run-verb.ts';
import { uploadPack } from './upload-pack.ts';

/** What every session shares. */
export interface SessionParts {
  readonly server: ServerClient;
  readonly api: ApiProxy;
  readonly cache: SummaryCache;
  readonly hooks: string;
  readonly path: string;
  readonly quietMs: number;
  readonly log: Logger;
  /** Counts a session as under way until the promise settles. */
  readonly track: (session: Promise<void>) => void;
}

export interface Client {
  readonly connection: Connection;
  readonly socket: Socket;
  readonly who: Authenticated;
  /** Aborts when the connection is gone. */
  readonly gone: AbortSignal;
}

const SERVER_PATIENCE_MS = 20_000;
/** git's own exit code for a fatal error. */
const FATAL = 128;

/** Serves one session of a client who has logged in: one command, without a terminal or forwarding. */
export function serveSession(session: Session, client: Client, parts: SessionParts): void {
  let protocol: string | undefined;
  const login = loginOf(client.who, client.socket.remoteAddress);
  const left = new AbortController();
  const gone = AbortSignal.any([client.gone, left.signal]);
  session.on('close', () => left.abort());
  session.on('env', (accept, _reject, { key, val }) => {
    if (key === 'GIT_PROTOCOL') protocol = val;
    (accept as (() => void) | undefined)?.();
  });
  session.on('shell', (accept) => {
    const channel = accept();
    channel.resume();
    const output = new ChannelOutput(channel, client.socket, gone);
    const hello =
      `Hello ${client.who.person.name}, this is Sluice; there is no shell here.\n` +
      'Deploy with `git push platform main`; for the rest type `sluice help`, or `ssh … help` without that command.\n';
    parts.track(
      end(
        output,
        output.write(Buffer.from(hello)).then(() => 0),
        parts.log,
      ),
    );
  });
  session.on('exec', (accept, _reject, { command }) => {
    const channel = accept();
    channel.on('error', () => left.abort());
    const output = new ChannelOutput(channel, client.socket, gone);
    const run = runCommand(
      parseCommand(command),
      { channel, output, protocol, gone, who: client.who, login },
      parts,
    );
    parts.track(end(output, run, parts.log));
  });
}

interface Execution {
  readonly channel: ServerChannel;
  readonly output: ChannelOutput;
  readonly protocol: string | undefined;
  readonly gone: AbortSignal;
  readonly who: Authenticated;
  readonly login: Login;
}

/** Sends the exit code; a fault becomes a number that the log explains. */
async function end(output: ChannelOutput, run: Promise<number>, log: Logger): Promise<void> {
  let code: number;
  try {
    code = await run;
  } catch (error) {
    if (error instanceof ClientGone) return;
    const id = randomBytes(4).toString('hex');
    log.error({ err: error, id }, 'session failed');
    await output
      .writeError(`${refusalLines(refuse('internal', { id })).join('\n')}\n`)
      .catch(() => undefined);
    code = FATAL;
  }
  await output.exit(code);
}

async function runCommand(command: Command, execution: Execution, parts: SessionParts): Promise<number> {
  const { channel, output, gone } = execution;
  switch (command.kind) {
    case 'refused': {
      channel.resume();
      const reason = refuse('unknown_command', { command: printable(command.line).slice(0, 60) });
      await output.writeError(`${refusalLines(reason).join('\n')}\n`);
      return 127;
    }
    case 'api':
      return parts.api.serve(channel, output, execution.login, gone);
    case 'verb':
      channel.resume();
      return runVerb(command, { server: parts.server, login: execution.login, gone, output });
    case 'git':
      return runGit(command, execution, parts);
  }
}

async function runGit(
  { service, app: name }: { service: GitService; app: string },
  execution: Execution,
  parts: SessionParts,
): Promise<number> {
  const { channel, output, gone, protocol, login, who } = execution;
  try {
    const app = await whileUnreachable(() => parts.server.authorize({ ...login, app: name, service }), {
      signal: gone,
      limitMs: SERVER_PATIENCE_MS,
    });
    const log = parts.log.child({ person: who.person.name });
    const request = { ...parts, app, login, protocol, channel, output, gone, log };
    return await (service === 'git-receive-pack' ? receivePack(request) : uploadPack(request));
  } catch (error) {
    if (gone.aborted) throw new ClientGone();
    if (!(error instanceof Refusal) && !(error instanceof ServerUnreachable)) throw error;
    if (error instanceof ServerUnreachable) parts.log.error({ err: error }, 'the server does not answer');
    channel.resume();
    await refuseGit(output, error instanceof Refusal ? error.reason : refuse('platform_unreachable'));
    return FATAL;
  }
}

/** Before git runs: lines for the person, and git's own way to end without a guess at the cause. */
async function refuseGit(output: ChannelOutput, reason: Reason): Promise<void> {
  await output.writeError(`${refusalLines(reason).join('\n')}\n`);
  await output.write(Buffer.concat([pktLine(`ERR ${printable(reason.message)}\n`), FLUSH]));
}
