import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * One replica of a release, on loopback. It answers with its release's name, but:
 * `/slow` when `finish` is called, `/stream` a chunk for each `tick`, `/headers` with what it was sent,
 * `/echo` with the body, `/status/CODE` with that status, `/wait/MS` after so many milliseconds, `/hints` with early
 * hints first, `/endless` with a body that never ends, `/drop` with a closed connection. Upgrades echo.
 */
export class Backend {
  readonly name: string;
  readonly port: number;
  requests = 0;
  /** Connections that were opened to it. */
  connections = 0;
  endless = 0;
  openStreams = 0;
  /** What the last request carried, names and values in turn. */
  lastHeaders: readonly string[] = [];
  readonly #server: Server;
  readonly #slow: ServerResponse[] = [];
  readonly #streams: ServerResponse[] = [];
  readonly #upgraded = new Set<Duplex>();

  private constructor(name: string, server: Server) {
    this.name = name;
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', () => {
      this.connections += 1;
    });
    server.on('request', (request, response) => {
      this.#answer(request, response);
    });
    server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
      this.#upgrade(request, socket);
    });
  }

  static async start(name: string, address = '127.0.0.1'): Promise<Backend> {
    const server = createServer().listen(0, address);
    await once(server, 'listening');
    return new Backend(name, server);
  }

  get waiting(): number {
    return this.#slow.length;
  }

  get streaming(): number {
    return this.#streams.length;
  }

  finish(): void {
    for (const response of this.#slow.splice(0)) response.end(this.name);
  }

  tick(text: string): void {
    for (const response of this.#streams) response.write(`data: ${text}\n\n`);
  }

  endStreams(): void {
    for (const response of this.#streams.splice(0)) response.end();
  }

  /** As when its container is gone: everything that is still open breaks. */
  async stop(): Promise<void> {
    for (const socket of this.#upgraded) socket.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.requests += 1;
    this.lastHeaders = request.rawHeaders;
    const path = request.url ?? '/';
    response.setHeader('x-release', this.name);
    if (path === '/slow') this.#slow.push(response);
    else if (path === '/stream') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      this.#streams.push(response);
      this.openStreams += 1;
      response.on('close', () => {
        this.openStreams -= 1;
      });
    } else if (path === '/headers') response.end(JSON.stringify(request.rawHeaders));
    else if (path === '/echo') request.pipe(response);
    else if (path === '/drop') request.socket.destroy();
    else if (path.startsWith('/wait/'))
      setTimeout(() => response.end(this.name), Number(path.slice('/wait/'.length)));
    else if (path === '/hints') {
      response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
      setTimeout(() => response.end(this.name), 100);
    } else if (path === '/endless') {
      const more = setInterval(() => response.write('x'.repeat(1_000)), 1);
      this.endless += 1;
      response.on('close', () => {
        this.endless -= 1;
        clearInterval(more);
      });
    } else if (path.startsWith('/status/')) {
      response.statusCode = Number(path.slice('/status/'.length));
      response.end(this.name);
    } else response.end(this.name);
  }

  #upgrade(request: IncomingMessage, socket: Duplex): void {
    // HAProxy checks the answer to the key (RFC 6455, 4.2.2) before it lets the upgrade through.
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n');
    socket.write(`Sec-WebSocket-Accept: ${accept}\r\nx-release: ${this.name}\r\n\r\n`);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#upgraded.delete(socket));
    this.#upgraded.add(socket);
    socket.pipe(socket);
  }
}
