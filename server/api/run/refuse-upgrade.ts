import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { TooManyRequests } from '../../http/too-many-requests.ts';
import { PROBLEM_TYPE, tell } from '../../http/problem.ts';

/** Answers a request for an upgrade with a problem instead, and ends the connection. */
export function refuseUpgrade(request: IncomingMessage, socket: Duplex, error: unknown, log: Logger): void {
  const { problem, errorId } = tell(error);
  if (errorId !== undefined) log.error({ err: error, errorId, path: request.url }, 'a run could not start');
  const body = Buffer.from(JSON.stringify(problem));
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    `Content-Type: ${PROBLEM_TYPE}; charset=utf-8`,
    `Content-Length: ${body.length}`,
    'Cache-Control: no-store',
    ...(error instanceof TooManyRequests ? [`Retry-After: ${error.retryAfterSeconds}`] : []),
    'Connection: close',
  ];
  socket.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]));
  socket.resume();
}
