import { once } from 'node:events';
import { type ClientRequest, request } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { PERSON_HEADER } from '../../../../core/contracts/internal.ts';
import type { Problem } from '../../../../core/contracts/resources.ts';
import {
  encodeRunHeader,
  type Frame,
  FrameDecoder,
  RUN_HEADER,
  RUN_UPGRADE,
} from '../../../../core/run-frames.ts';
import type { PersonRow } from '../../../../server/store/people.ts';
import { faultsOf } from '../../../support/answers/faults.ts';
import type { Platform } from './platform.ts';
import { responseOf, upgradeOf } from './raw-request.ts';

export interface Asked {
  readonly by?: PersonRow;
  readonly path?: string;
  readonly method?: string;
  /** Instead of the command. */
  readonly header?: string;
}

export function askToRun(platform: Platform, command: unknown, asked: Asked = {}): ClientRequest {
  const { by, path = '/v1/apps/shop/run', method = 'POST', header = encodeRunHeader(command) } = asked;
  const headers = {
    Connection: 'Upgrade',
    Upgrade: RUN_UPGRADE,
    [RUN_HEADER]: header,
    ...(by ? { [PERSON_HEADER]: by.id } : {}),
  };
  return request({ socketPath: platform.socketPath, path, method, headers }).end();
}

/** The problem that a run is refused with. */
export async function refusalOf(platform: Platform, command: unknown, asked: Asked = {}): Promise<Problem> {
  const response = await responseOf(askToRun(platform, command, asked));
  const raw = await text(response);
  // Written past node:http, and so past what looks at all other answers.
  const faults = faultsOf({
    method: 'POST',
    url: '/v1/apps/shop/run',
    status: response.statusCode ?? 0,
    contentType: response.headers['content-type'],
    body: Buffer.from(raw),
    whole: true,
  });
  if (faults.length > 0) throw new Error(faults.join('\n'));
  const body = JSON.parse(raw) as Problem;
  if (response.statusCode !== body.status)
    throw new Error(`status ${response.statusCode} with ${JSON.stringify(body)}`);
  return body;
}

export async function run(
  platform: Platform,
  command: readonly string[],
  { tty = false, columns, rows, ...asked }: Asked & { tty?: boolean; columns?: number; rows?: number } = {},
): Promise<RunClient> {
  const { socket, head } = await upgradeOf(askToRun(platform, { command, tty, columns, rows }, asked));
  return new RunClient(socket, head);
}

/** The frames of one run, as they come. Closes its side when the server does. */
export class RunClient {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  readonly ended: Promise<unknown>;
  readonly #decoder = new FrameDecoder();

  constructor(socket: Socket, head: Buffer = Buffer.alloc(0)) {
    this.socket = socket;
    this.#take(head);
    socket.on('data', (chunk) => this.#take(chunk as Buffer)).on('error', () => undefined);
    this.ended = once(socket, 'close');
    socket.once('end', () => socket.end());
    onTestFinished(() => void socket.destroy());
  }

  output(type: number): string {
    return Buffer.concat(
      this.frames.filter((frame) => frame.type === type).map(({ payload }) => payload),
    ).toString();
  }

  json(type: number): unknown {
    const frame = this.frames.find((candidate) => candidate.type === type);
    return frame && JSON.parse(frame.payload.toString());
  }

  #take(chunk: Buffer): void {
    this.frames.push(...this.#decoder.push(chunk));
  }
}
