import { once } from 'node:events';
import { request } from 'node:http';
import type {
  Agent,
  ClientRequest,
  IncomingHttpHeaders,
  IncomingMessage,
  OutgoingHttpHeaders,
} from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  readonly agent?: Agent | false;
}

/** One request to the router for a host. */
export async function ask(port: number, host: string, path = '/', options: Ask = {}): Promise<Answer> {
  const response = await open(port, host, path, options);
  const parts: Buffer[] = [];
  for await (const part of response as AsyncIterable<Buffer>) parts.push(part);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: Buffer.concat(parts).toString(),
  };
}

/** Resolves with the head of the answer; the body is read by the caller. */
export async function open(
  port: number,
  host: string,
  path: string,
  options: Ask = {},
): Promise<IncomingMessage> {
  const sent = request({
    host: '127.0.0.1',
    port,
    path,
    method: options.method ?? 'GET',
    headers: { ...options.headers, host },
    agent: options.agent ?? false,
  });
  sent.end(options.body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  ignoreLater(sent);
  return response;
}

/** A connection that breaks behind the head of an answer: whoever reads that hears of it. */
export function ignoreLater(sent: ClientRequest): void {
  sent.on('error', () => undefined);
}

/** An upgraded connection through the router. */
export async function upgrade(port: number, host: string): Promise<{ socket: Duplex; release: string }> {
  const sent = request({
    host: '127.0.0.1',
    port,
    path: '/socket',
    headers: {
      host,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
    },
    agent: false,
  });
  sent.end();
  sent.on('response', (response) => {
    sent.destroy(new Error(`not upgraded: ${String(response.statusCode)}`));
  });
  const [response, socket] = (await once(sent, 'upgrade')) as [IncomingMessage, Duplex];
  // `echo` tells of it.
  socket.on('error', () => undefined);
  return { socket, release: String(response.headers['x-release']) };
}

/** Sends a word over an upgraded connection and waits until it comes back. */
export async function echo(socket: Duplex, word: string): Promise<void> {
  let received = '';
  if (socket.destroyed) throw new Error('the connection is gone', { cause: socket.errored });
  socket.write(word);
  while (!received.includes(word)) {
    const [part] = (await once(socket, 'data')) as [Buffer];
    received += part.toString();
  }
}

/**
 * Many requests, pipelined over `connections` connections.
 * @returns answers by release, of all connections together
 */
export async function hammer(
  port: number,
  host: string,
  requests: number,
  connections = 1,
  path = '/',
): Promise<Record<string, number>> {
  const seen: Record<string, number> = {};
  const each = requests / connections;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect(port, '127.0.0.1');
      socket.setEncoding('utf8');
      const one = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
      socket.write(one.repeat(each - 1) + one.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
      let text = '';
      socket.on('data', (part: string) => {
        text += part;
      });
      await once(socket, 'close');
      for (const [, release = ''] of text.matchAll(/^x-release: (.*)\r$/gm))
        seen[release] = (seen[release] ?? 0) + 1;
    }),
  );
  return seen;
}

export interface LoadReport {
  sent: number;
  answered: number;
  readonly failures: string[];
  readonly byRelease: Record<string, number>;
}

/** An open-loop client: it sends `rate` requests a second whether or not the ones before were answered. */
export class Load {
  readonly #report: LoadReport = { sent: 0, answered: 0, failures: [], byRelease: {} };
  readonly #open = new Set<Promise<void>>();
  readonly #loop: Promise<void>;
  #running = true;

  /** @param agents used in turn; false is a new connection for each request */
  constructor(port: number, host: string, rate: number, agents: readonly (Agent | false)[]) {
    this.#loop = this.#run(port, host, rate, agents);
  }

  get answered(): number {
    return this.#report.answered;
  }

  async stop(): Promise<LoadReport> {
    this.#running = false;
    await this.#loop;
    await Promise.all(this.#open);
    return this.#report;
  }

  async #run(port: number, host: string, rate: number, agents: readonly (Agent | false)[]): Promise<void> {
    const start = performance.now();
    while (this.#running) {
      const due = ((performance.now() - start) / 1_000) * rate;
      while (this.#report.sent < due) {
        const agent = agents[this.#report.sent % agents.length] ?? false;
        this.#report.sent += 1;
        const one = this.#send(port, host, agent);
        this.#open.add(one);
        void one.finally(() => this.#open.delete(one));
      }
      await delay(2);
    }
  }

  async #send(port: number, host: string, agent: Agent | false): Promise<void> {
    try {
      const { status, headers, body } = await ask(port, host, '/', { agent });
      const release = headers['x-release'];
      if (status !== 200 || body !== release) throw new Error(`${String(status)} ${body}`);
      this.#report.answered += 1;
      this.#report.byRelease[body] = (this.#report.byRelease[body] ?? 0) + 1;
    } catch (error) {
      this.#report.failures.push(`${agent === false ? 'new' : 'kept'}: ${String(error)}`);
    }
  }
}
