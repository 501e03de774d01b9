import { Agent, request } from 'node:http';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { backoff, pause } from './retry.ts';

const GONE = 410;
const SERVER_ERROR = 500;

/** The server has answered, and the answer is no. */
export class ServerRefused extends Error {
  readonly status: number;

  constructor(status: number, path: string, body: string) {
    super(`the server answered ${status} to ${path}: ${body.slice(0, 500)}`);
    this.name = 'ServerRefused';
    this.status = status;
  }
}

/** The attempt is not the build's current one any more. */
export class AttemptGone extends ServerRefused {}

/** The server's unix socket, or where it takes the parts of other machines, which carry the platform's token. */
export type ServerAddress = string | { readonly url: URL; readonly token: string };

/** Milliseconds without a byte, over a network: the server says something each 5 s on all that stays open. */
const SILENCE_MS = 20_000;

/**
 * Asks the server, on connections that stay open. A server that is away (it restarts) is asked again until it answers or
 * the signal is aborted.
 */
export class ServerClient {
  private readonly address: ServerAddress;
  private readonly agent = new Agent({ keepAlive: true, scheduling: 'lifo', maxFreeSockets: 4 });

  constructor(address: ServerAddress) {
    this.address = address;
  }

  /**
   * @param body JSON, or bytes as they are
   * @throws ServerRefused for every answer from 400 to 499, the signal's reason once it is aborted
   */
  async post(path: string, body: object | Uint8Array, signal: AbortSignal): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      signal.throwIfAborted();
      try {
        const answer = await this.send('POST', path, signal, body);
        return JSON.parse((await text(answer)) || '{}');
      } catch (error) {
        if (error instanceof ServerRefused && error.status < SERVER_ERROR) throw error;
        signal.throwIfAborted();
        await pause(backoff(tries), signal);
      }
    }
  }

  /** Asks once. @throws ServerRefused, or the connection's error when the server is away */
  async read(path: string, signal: AbortSignal): Promise<unknown> {
    return JSON.parse(await text(await this.send('GET', path, signal)));
  }

  /** Opens a stream, once. @throws ServerRefused, or the connection's error when the server is away */
  async open(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    return this.send('GET', path, signal);
  }

  close(): void {
    this.agent.destroy();
  }

  private way(): { where: RequestOptions; authorization?: { authorization: string } } {
    if (typeof this.address === 'string') return { where: { socketPath: this.address } };
    const { url, token } = this.address;
    return {
      // Without the brackets of an IPv6 address, which are the URL's.
      where: { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port },
      authorization: { authorization: `Bearer ${token}` },
    };
  }

  private async send(
    method: string,
    path: string,
    signal: AbortSignal,
    body?: object | Uint8Array,
  ): Promise<IncomingMessage> {
    const raw = body instanceof Uint8Array;
    const bytes = body === undefined ? undefined : raw ? body : Buffer.from(JSON.stringify(body));
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = bytes && {
        'content-type': raw ? 'application/octet-stream' : 'application/json',
        'content-length': bytes.length,
      };
      const { where, authorization } = this.way();
      const options = {
        ...where,
        agent: this.agent,
        method,
        path,
        signal,
        headers: { ...headers, ...authorization },
      };
      const asked = request(options, resolve);
      asked.on('error', reject);
      // A machine that is gone closes nothing.
      if (typeof this.address !== 'string') {
        asked.setTimeout(SILENCE_MS, () => asked.destroy(new Error('the server has fallen silent')));
      }
      asked.end(bytes);
    });
    const status = answer.statusCode ?? 0;
    if (status >= 200 && status < 300) return answer;
    const refusal = await text(answer);
    throw new (status === GONE ? AttemptGone : ServerRefused)(status, path, refusal);
  }
}

async function text(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
