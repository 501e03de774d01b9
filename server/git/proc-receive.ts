import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { refusalLines } from '../../core/failure/screen.ts';
import type { AcceptedPush, Authorized } from '../../core/contracts/internal.ts';
import type { PushOptions } from '../../core/push-options.ts';
import { Refusal } from '../../core/reason.ts';
import { ClientGone } from './channel-output.ts';
import { RESTARTING, followBuild } from './follow-build.ts';
import type { Login } from './login.ts';
import { FLUSH, pktLine } from './pkt-line.ts';
import type { RefCommand } from './push-commands.ts';
import type { PusherConsole } from './pusher-console.ts';
import { whileUnreachable } from './retry.ts';
import type { ServerClient } from './server-client.ts';
import { DETAIL, RESULT, STEP } from './terminal.ts';
import { shortReason, verdictLines } from './verdict-lines.ts';

export interface Deploy {
  readonly app: Authorized;
  readonly login: Login;
  readonly command: RefCommand;
  readonly options: PushOptions;
}

export interface ProcReceiveParts {
  readonly server: ServerClient;
  readonly console: PusherConsole;
  readonly quietMs: number;
  readonly gone: AbortSignal;
  readonly log: Logger;
}

/**
 * Queues, streams and answers for the deploy branch.
 * @returns what the hook says to git (githooks, "proc-receive", version 1)
 * @throws ClientGone; nothing is cancelled by that
 */
export async function procReceive(deploy: Deploy, parts: ProcReceiveParts): Promise<Buffer> {
  try {
    return await acceptAndFollow(deploy, parts);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    await parts.console.lines(refusalLines(error.reason));
    return report([`ng ${deploy.command.ref} ${error.reason.code}`]);
  }
}

async function acceptAndFollow(deploy: Deploy, parts: ProcReceiveParts): Promise<Buffer> {
  const { command, options, app } = deploy;
  const { console, log } = parts;
  const accepted = await accept(deploy, parts);
  const { build } = accepted;
  log.info({ app: app.app.name, build: build.number, attached: accepted.attached }, 'push accepted');
  if (accepted.attached) await console.lines([`${STEP}Attached to build ${build.number}, already under way`]);
  if (options.detach) {
    await console.lines([
      ...(accepted.attached ? [] : [`${STEP}Build ${build.number}`]),
      `${RESULT}Accepted; it goes on without you`,
      `${DETAIL}Follow it: sluice builds:log ${build.number} -f -a ${app.app.name}`,
    ]);
    return report(endedBeforeVerdict(command, build.number));
  }
  const until = options.wait;
  const verdict = await followBuild(parts.server, console, { ...parts, buildId: build.id, until });
  await console.lines(verdictLines(app.app.name, until, verdict));
  if (!verdict.ok) return report([`ng ${command.ref} ${shortReason(verdict)}`]);
  return report(until === 'build' ? endedBeforeVerdict(command, build.number) : [`ok ${command.ref}`]);
}

async function accept(deploy: Deploy, parts: ProcReceiveParts): Promise<AcceptedPush> {
  const { server, console, gone } = parts;
  const push = {
    ...deploy.login,
    appId: deploy.app.app.id,
    commit: deploy.command.next,
    old: deploy.command.old,
    options: deploy.options,
    // Asked again after a lost answer, the server knows its own build by it.
    pushId: randomUUID(),
  };
  return whileUnreachable(() => server.accept(push, gone), {
    signal: gone,
    limitMs: Infinity,
    onPause: () => {
      console.lines([RESTARTING]).catch(() => undefined);
    },
  }).catch((error: unknown) => {
    throw gone.aborted ? new ClientGone() : error;
  });
}

/**
 * The push is fine and the branch has not moved: naming another ref keeps the client from moving its own
 * `platform/main`.
 */
function endedBeforeVerdict({ ref, next }: RefCommand, build: number): string[] {
  return [
    `ok ${ref}`,
    `option refname refs/builds/${build}`,
    `option old-oid ${next.replaceAll(/./g, '0')}`,
    `option new-oid ${next}`,
  ];
}

/** An answer for a fault of ours: the person has been told the rest. */
export function faultReport({ ref }: RefCommand): Buffer {
  return report([`ng ${ref} the platform failed`]);
}

function report(lines: readonly string[]): Buffer {
  return Buffer.concat([pktLine('version=1\n'), FLUSH, ...lines.map((line) => pktLine(`${line}\n`)), FLUSH]);
}
