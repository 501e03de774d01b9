import type { IncomingMessage } from 'node:http';
import { routes } from '../../../core/contracts/routes.ts';
import { Refusal } from '../../../core/reason.ts';
import { decodeRunHeader, MAX_RUN_HEADER_BYTES, RUN_HEADER, RUN_UPGRADE } from '../../../core/run-frames.ts';
import type { Principal } from '../../access/principal.ts';
import type { OneOff } from '../../../engines/port.ts';
import type { UpgradeHandler } from '../../http/listen.ts';
import { refusalWithoutSecrets } from '../../redaction/refusal.ts';
import type { AppRow } from '../../store/apps.ts';
import { newId } from '../../store/ids.ts';
import type { Call } from '../call.ts';
import type { ApiDeps } from '../deps.ts';
import type { Gate, Said } from '../gate.ts';
import { whileStillMay } from '../still-may.ts';
import type { RateLimits } from '../limits/rate-limits.ts';
import { journalRun, type JournalledRun } from './journalled.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import { type RunEnd, runSession } from './session.ts';

type RunDeps = Pick<ApiDeps, 'store' | 'operations' | 'workloads' | 'log'>;

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
      socket.once('close', limits.openStream(principal));
    })
      .then(({ app, oneOff, journalled }) => {
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${RUN_UPGRADE}\r\n\r\n`,
        );
        whileStillMay(() => recheck('run', request, saidIn(request)), socket);
        return runSession(socket, oneOff, deps.log, {
          redactor: () => deps.store.redactors.of(app.id),
          ended: (how) => end(deps, journalled, how),
        });
      })
      .catch((error: unknown) => refuseUpgrade(request, socket, error, deps.log));
  };
}

interface Started {
  readonly app: AppRow;
  readonly oneOff: OneOff;
  readonly journalled: JournalledRun;
}

async function start(
  deps: RunDeps,
  gate: Gate,
  request: IncomingMessage,
  takePlace: (principal: Principal) => void,
): Promise<Started> {
  const { principal, app, body } = await gate('run', request, saidIn(request));
  takePlace(principal);
  const { store, operations, workloads } = deps;
  const spec = operations.liveSpec(app);
  if (!spec) {
    throw new Refusal(
      409,
      'nothing_live',
      `${app.name} has no live release to run a command in`,
      `git push platform ${app.deploy_branch}`,
    );
  }
  const { command, tty } = body;
  const id = newId();
  const journalled = journalRun(store, principal, app, { id, command, release: spec.releaseNumber });
  try {
    const oneOff = await workloads.run(spec, { key: id, command, tty, ...sizeOf(body) });
    return { app, oneOff, journalled };
  } catch (error) {
    end(deps, journalled, { ended: 'not-started' });
    throw refusalWithoutSecrets(store.redactors.of(app.id), error);
  }
}

/** The command is over, whether that can be written down or not. */
function end({ log }: RunDeps, journalled: JournalledRun, how: RunEnd): void {
  try {
    journalled.ended(how);
  } catch (error) {
    log.error({ err: error }, 'the end of a run could not be journalled');
  }
}

function saidIn(request: IncomingMessage): Said {
  return { params: { app: appIn(request) }, query: {}, body: commandIn(request) };
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
