import type { IncomingMessage } from 'node:http';
import { routes } from '../../../core/contracts/routes.ts';
import { Refusal } from '../../../core/reason.ts';
import { decodeRunHeader, MAX_RUN_HEADER_BYTES, RUN_HEADER, RUN_UPGRADE } from '../../../core/run-frames.ts';
import { actorId, askedFromOf, type Principal } from '../../access/principal.ts';
import type { OneOff } from '../../../engines/port.ts';
import { askedBy } from '../../asked-from.ts';
import type { UpgradeHandler } from '../../http/listen.ts';
import { newId } from '../../store/ids.ts';
import type { Call } from '../call.ts';
import type { ApiDeps } from '../deps.ts';
import type { Gate, Said } from '../gate.ts';
import { whileStillMay } from '../still-may.ts';
import type { RateLimits } from '../limits/rate-limits.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import { runSession } from './session.ts';

type RunDeps = Pick<ApiDeps, 'store' | 'operations' | 'workloads' | 'log'>;

const COMMAND_LENGTH = 500;
const [BEFORE_APP, AFTER_APP] = routes.run.path.split(':app') as [string, string];

/** `sluice run`: the same checks as for any route, then one command in the live release, in frames over the socket. */
export function runUpgrade(
  deps: RunDeps,
  { gate, recheck, limits }: { gate: Gate; recheck: Gate; limits: RateLimits },
): UpgradeHandler {
  return (request, socket, head) => {
    // An error of the socket is followed by `close`, which is what counts.
    socket.on('error', (error) => deps.log.debug({ err: error }, 'the connection of a run broke'));
    if (head.length > 0) socket.unshift(head);
    start(deps, gate, request, (principal) => {
      socket.once('close', limits.openStream(principal, request));
    })
      .then((oneOff) => {
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${RUN_UPGRADE}\r\n\r\n`,
        );
        whileStillMay(() => recheck('run', request, saidIn(request)), socket);
        return runSession(socket, oneOff, deps.log);
      })
      .catch((error: unknown) => refuseUpgrade(request, socket, error, deps.log));
  };
}

async function start(
  { store, operations, workloads }: RunDeps,
  gate: Gate,
  request: IncomingMessage,
  takePlace: (principal: Principal) => void,
): Promise<OneOff> {
  const call = await gate('run', request, saidIn(request));
  takePlace(call.principal);
  const { app, body } = call;
  const spec = operations.liveSpec(app);
  if (!spec) {
    throw new Refusal(
      409,
      'nothing_live',
      `${app.name} has no live release to run a command in`,
      `git push platform ${app.deploy_branch}`,
    );
  }
  // What was run, and nothing of what it said.
  const what = { command: commandLine(body.command), release: spec.releaseNumber };
  askedBy(askedFromOf(call.principal), () =>
    store.events.record('run.start', actorId(call.principal), app.id, what),
  );
  return workloads.run(spec, { key: newId(), command: body.command, tty: body.tty, ...sizeOf(body) });
}

function saidIn(request: IncomingMessage): Said {
  return { params: { app: appIn(request) }, query: {}, body: commandIn(request) };
}

/** Cut at a length at which somebody may still want to read it. */
function commandLine(command: readonly string[]): string {
  const line = command.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
  return line.length > COMMAND_LENGTH ? `${line.slice(0, COMMAND_LENGTH)}…` : line;
}

function sizeOf({ columns, rows }: Call<'run'>['body']): { columns?: number; rows?: number } {
  return { ...(columns === undefined ? {} : { columns }), ...(rows === undefined ? {} : { rows }) };
}

/** @throws Refusal 404 when the path is not that of the route; URIError */
function appIn(request: IncomingMessage): string {
  const [path = ''] = (request.url ?? '').split('?');
  const app = path.slice(BEFORE_APP.length, -AFTER_APP.length);
  if (
    request.method === routes.run.method &&
    path === `${BEFORE_APP}${app}${AFTER_APP}` &&
    !app.includes('/') &&
    app !== ''
  ) {
    return decodeURIComponent(app);
  }
  throw new Refusal(
    404,
    'route_not_found',
    `there is no Upgrade: ${RUN_UPGRADE} here`,
    'GET /v1/openapi.json names every route',
  );
}

/** undefined is left to the contract to refuse. */
function commandIn(request: IncomingMessage): unknown {
  const header = request.headers[RUN_HEADER];
  return typeof header === 'string' && header.length <= MAX_RUN_HEADER_BYTES
    ? decodeRunHeader(header)
    : undefined;
}
