import { once } from 'node:events';
import {
  Agent,
  createServer,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';
import type { Logger } from 'pino';
import type { ServerChannel } from 'ssh2';
import { ADDRESS_HEADER, KEY_HEADER, PERSON_HEADER } from '../../core/contracts/internal.ts';
import { reason, type Reason } from '../../core/reason.ts';
import type { ChannelOutput } from './channel-output.ts';
import { ChannelSocket } from './channel-socket.ts';
import type { Login } from './login.ts';
import { refuse } from './refusals.ts';

/** Headers that belong to one connection (RFC 9110, 7.6.1) and those that name the person. */
const NOT_FORWARDED = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'authorization',
  'cookie',
  'forwarded',
  'x-forwarded-for',
  PERSON_HEADER,
  KEY_HEADER,
  ADDRESS_HEADER,
]);

/**
 * The `sluice` command's way to the API: HTTP/1.1 over an SSH channel, passed on to the server's unix socket in the
 * name of whoever holds the key.
 */
export class ApiProxy {
  readonly #socketPath: string;
  readonly #log: Logger;
  readonly #logins = new WeakMap<object, Login>();
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 16 });
  readonly #http: Server;

  constructor(socketPath: string, log: Logger) {
    this.#socketPath = socketPath;
    this.#log = log;
    this.#http = createServer(
      // A command may stream for hours; the SSH connection's own keep-alive finds dead peers.
      { requestTimeout: 0, keepAliveTimeout: 0, noDelay: false, requireHostHeader: false },
      (incoming, answer) => this.#forward(incoming, answer),
    );
    Object.assign(this.#http, { httpAllowHalfOpen: true });
    this.#http.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#upgrade(incoming, socket, head),
    );
    this.#http.on('clientError', (_error, socket) => {
      socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    });
  }

  /** Serves one channel until its HTTP connection ends. @returns the exit code */
  async serve(
    channel: ServerChannel,
    output: ChannelOutput,
    login: Login,
    gone: AbortSignal,
  ): Promise<number> {
    const socket = new ChannelSocket(channel, output, gone);
    this.#logins.set(socket, login);
    this.#http.emit('connection', socket);
    if (!socket.closed) await once(socket, 'close');
    return 0;
  }

  close(): void {
    this.#agent.destroy();
  }

  #forward(incoming: IncomingMessage, answer: ServerResponse): void {
    if (!isPublic(incoming.url)) {
      refuseRequest(answer, 404, outside());
      return;
    }
    const upstream = this.#request(incoming, false);
    upstream.on('response', (from) => {
      answer.writeHead(from.statusCode ?? 502, from.statusMessage, endToEnd(from.rawHeaders));
      answer.flushHeaders();
      pipeline(from, answer, () => undefined);
    });
    upstream.on('error', (error) => {
      this.#log.warn({ err: error }, 'the API did not answer');
      if (answer.headersSent) answer.destroy();
      else refuseRequest(answer, 503, away(error, incoming.method !== 'GET'));
    });
    answer.on('close', () => {
      if (!answer.writableFinished) upstream.destroy();
    });
    incoming.pipe(upstream);
  }

  /** Upgraded connections are bytes both ways from the 101 on. */
  #upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!isPublic(incoming.url)) {
      socket.end(rawAnswer(404, 'Not Found', problem(404, outside())));
      return;
    }
    const upstream = this.#request(incoming, true);
    socket.on('close', () => upstream.destroy());
    socket.on('error', () => upstream.destroy());
    upstream.on('upgrade', (answer, behind, rest) => {
      socket.write(head101(answer));
      if (rest.length > 0) socket.write(rest);
      if (head.length > 0) behind.write(head);
      pipeline(behind, socket, () => undefined);
      pipeline(socket, behind, () => undefined);
    });
    upstream.on('response', (answer) => {
      // With its length, as the channel is not closed behind a refused upgrade.
      const headers = endToEnd(answer.rawHeaders);
      socket.write(statusAndHeaders(answer, [...headers, 'connection', 'close']));
      pipeline(answer, socket, () => undefined);
    });
    upstream.on('error', (error) => {
      this.#log.warn({ err: error }, 'the API did not answer an upgrade');
      socket.end(rawAnswer(503, 'Service Unavailable', problem(503, away(error, true))));
    });
    incoming.pipe(upstream);
  }

  #request(incoming: IncomingMessage, upgrade: boolean): ReturnType<typeof request> {
    const headers = endToEnd(incoming.rawHeaders);
    const login = this.#logins.get(incoming.socket);
    headers.push(PERSON_HEADER, login?.personId ?? '');
    if (login !== undefined) headers.push(KEY_HEADER, login.key, ADDRESS_HEADER, login.address ?? '');
    if (!incoming.rawHeaders.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'host')) {
      headers.push('host', 'sluice');
    }
    if (upgrade) headers.push('connection', 'upgrade', 'upgrade', incoming.headers.upgrade ?? '');
    else if (incoming.headers['transfer-encoding'] !== undefined)
      headers.push('transfer-encoding', 'chunked');
    return request({
      socketPath: this.#socketPath,
      ...(upgrade ? { agent: false } : { agent: this.#agent }),
      method: incoming.method ?? 'GET',
      path: incoming.url ?? '/',
      headers,
      setHost: false,
    });
  }
}

/** Paths under /v1/ and nothing that another parser could read as something else. */
export function isPublic(target: string | undefined): boolean {
  const path = target?.split(/[?#]/, 1)[0] ?? '';
  if (!path.startsWith('/v1/')) return false;
  return !/%2e|%2f|%5c|\\|\/\/|\/\.{1,2}(?:\/|$)/i.test(path);
}

function endToEnd(rawHeaders: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = rawHeaders.slice(i, i + 2);
    if (!NOT_FORWARDED.has(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}

function outside(): Reason {
  return reason(
    'not_found',
    'Only paths under /v1/ are served here.',
    'See /v1/openapi.json for what there is.',
  );
}

/** A change that the server has taken may have been made, though nobody heard of it. */
function away({ code }: NodeJS.ErrnoException, changes: boolean): Reason {
  if (!changes || code === 'ECONNREFUSED' || code === 'ENOENT') return refuse('platform_unreachable');
  return reason(
    'platform_interrupted',
    'The platform stopped before it answered: it has done that, or it has not.',
    'Look first (`sluice apps`, `sluice releases`), then type it again if it is missing.',
  );
}

function problem(status: number, why: Reason): string {
  return JSON.stringify({ type: 'about:blank', title: why.message, status, reason: why });
}

function refuseRequest(answer: ServerResponse, status: number, why: Reason): void {
  const body = problem(status, why);
  answer.writeHead(status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  });
  answer.end(body);
}

function rawAnswer(status: number, title: string, body: string): string {
  return (
    `HTTP/1.1 ${status} ${title}\r\ncontent-type: application/problem+json\r\n` +
    `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`
  );
}

function head101(answer: IncomingMessage): string {
  return statusAndHeaders(answer, answer.rawHeaders);
}

function statusAndHeaders(answer: IncomingMessage, headers: readonly string[]): string {
  let text = `HTTP/1.1 ${answer.statusCode ?? 502} ${answer.statusMessage ?? ''}\r\n`;
  for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i] ?? ''}: ${headers[i + 1] ?? ''}\r\n`;
  return `${text}\r\n`;
}
