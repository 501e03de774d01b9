import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import { Authenticate, Authenticated } from '../../../core/contracts/internal.ts';
import { routes, type RouteContract, type RouteName } from '../../../core/contracts/routes.ts';
import { dataPaths } from '../../../core/paths.ts';
import { invalidRequest } from '../../../server/http/invalid-request.ts';
import { isFake } from '../answers/tap.ts';
import type { Reason } from '../../../core/reason.ts';

export interface Asked {
  readonly route: RouteName;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly headers: IncomingMessage['headers'];
}

/** A refusal that the fake answers with, as a problem document. */
export class Refused {
  readonly status: number;
  readonly reason: Reason;
  constructor(status: number, code: string, message: string, hint?: string, detail?: string[]) {
    this.status = status;
    // Platforms of other versions have codes of their own.
    this.reason = { code, message, ...(hint && { hint }), ...(detail && { detail }) };
  }
}

type Handler = (asked: Asked, response: ServerResponse) => unknown;
type RunHandler = (asked: Asked, socket: Duplex) => void;

/**
 * The platform's API by its contracts and nothing behind it: bodies and queries that the contract does not allow are
 * refused, and so is an answer of the test itself. It listens where `SLUICE_DATA_DIR` says, and on a port.
 */
export class FakeApi {
  readonly dataDir: string;
  readonly asked: Asked[] = [];
  readonly #servers: readonly Server[];
  readonly #handlers = new Map<RouteName, Handler>();
  readonly #sockets = new Set<Duplex>();
  readonly #people = new Map<string, { id: string; name: string }>();
  #run: RunHandler | undefined;

  private constructor(dataDir: string) {
    this.dataDir = dataDir;
    this.#servers = [this.#server(), this.#server()];
  }

  static async start(): Promise<FakeApi> {
    const api = new FakeApi(await mkdtemp(join(tmpdir(), 'sluice-cli-')));
    const [onSocket, onPort] = api.#servers;
    await mkdir(dirname(api.socketPath), { recursive: true });
    onSocket?.listen(api.socketPath);
    onPort?.listen(0, '127.0.0.1');
    await Promise.all(api.#servers.map((server) => once(server, 'listening')));
    return api;
  }

  get socketPath(): string {
    return dataPaths(this.dataDir).serverSocket;
  }

  get port(): number {
    const address = this.#servers[1]?.address() as AddressInfo;
    return address.port;
  }

  /** What a route answers: a value of its contract, a Refused, or nothing when the handler wrote the answer itself. */
  on(route: RouteName, handler: Handler): this {
    this.#handlers.set(route, handler);
    return this;
  }

  onRun(handler: RunHandler): this {
    this.#run = handler;
    return this;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
    await rm(this.dataDir, { recursive: true, force: true });
  }

  /** Lets an SSH front in front of this API admit the holder of a key (base64 of its blob). */
  admit(keyBlob: string, person: { id: string; name: string }): this {
    this.#people.set(keyBlob, person);
    return this;
  }

  async #authenticate(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { key } = Authenticate.parse(JSON.parse(await text(request)));
    const person = this.#people.get(key);
    const answer = Authenticated.safeParse({ person, fingerprint: 'SHA256:x' });
    response.writeHead(answer.success ? 200 : 401, { 'content-type': 'application/problem+json' });
    response.end(
      JSON.stringify(answer.success ? answer.data : problem(new Refused(401, 'key_unknown', 'no such key'))),
    );
  }

  #server(): Server {
    const server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        if (response.headersSent || response.destroyed) return;
        response.writeHead(500, { 'content-type': 'text/plain' }).end(`the fake broke: ${String(error)}`);
      });
    });
    isFake(server);
    server.on('connection', (socket: Duplex) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
      socket.on('error', () => undefined);
      const asked = match(request);
      if (asked?.route !== 'run' || this.#run === undefined) {
        const body = JSON.stringify(problem(new Refused(404, 'app_unknown', 'there is no such app')));
        socket.end(`HTTP/1.1 404 Not Found\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
        return;
      }
      this.asked.push({ ...asked, body: undefined });
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: sluice-run\r\n\r\n');
      this.#run({ ...asked, body: undefined }, socket);
    });
    return server;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/internal/ssh/authenticate') return this.#authenticate(request, response);
    const found = match(request);
    if (found === undefined) throw new Error(`no route for ${request.method} ${request.url}`);
    const contract: RouteContract = routes[found.route];
    const sent = await text(request);
    const body: unknown = sent === '' ? undefined : JSON.parse(sent);
    contract.query?.parse(found.query);
    const checked = contract.body?.safeParse(body);
    if (checked?.error) {
      const { code, message, hint, detail } = invalidRequest(checked.error);
      response.writeHead(422, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify(problem(new Refused(422, code, message, hint, detail))));
      return;
    }
    const asked = { ...found, body };
    this.asked.push(asked);
    const handler = this.#handlers.get(found.route);
    if (handler === undefined) throw new Error(`the test gives no answer for ${found.route}`);
    const answer = await handler(asked, response);
    if (response.headersSent || response.socket?.destroyed !== false) return;
    if (answer instanceof Refused) {
      response.writeHead(answer.status, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify(problem(answer)));
      return;
    }
    response.writeHead(contract.status, { 'content-type': 'application/json' });
    response.end(contract.answer === undefined ? undefined : JSON.stringify(contract.answer.parse(answer)));
  }
}

function problem({ status, reason: why }: Refused): unknown {
  return { type: `https://sluice.invalid/problems/${why.code}`, title: why.message, status, reason: why };
}

function match(request: IncomingMessage): Omit<Asked, 'body'> | undefined {
  const url = new URL(request.url ?? '/', 'http://fake');
  for (const [name, contract] of Object.entries(routes)) {
    const names: string[] = [];
    const pattern = contract.path.replaceAll(/:([a-z]+)/g, (_, parameter: string) => {
      names.push(parameter);
      return '([^/]+)';
    });
    const values = new RegExp(`^${pattern}$`).exec(url.pathname);
    if (values === null || contract.method !== request.method) continue;
    const params = Object.fromEntries(
      names.map((key, at) => [key, decodeURIComponent(values[at + 1] ?? '')]),
    );
    return {
      route: name as RouteName,
      params,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
    };
  }
  return undefined;
}
