import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { ALIVE_MS, FOLLOW_TYPE } from '../../core/contracts/follow.ts';

export interface ServerAddress {
  readonly url: URL;
  readonly token: string;
}

/** Milliseconds without a line on a stream: nobody is there any more, as a machine that is gone closes nothing. */
const SILENCE = 5 * ALIVE_MS;
/** Milliseconds that the server has to answer a report. */
const ANSWER = 5_000;
/** Of an answer that refuses, this many characters are told. */
const MOST_SAID = 300;

/** The server did not take it, or is not there. */
export class ServerAway extends Error {}

/** What the router asks the server, and says to it. */
export class ServerLink {
  readonly #address: ServerAddress;
  readonly #base: string;
  readonly #agent = new Agent({ keepAlive: true, scheduling: 'lifo', maxFreeSockets: 4 });

  /** @param name the router's own */
  constructor(address: ServerAddress, name: string) {
    this.#address = address;
    this.#base = `/internal/routers/${name}`;
  }

  /** The stream of what this router is to do. @throws ServerAway */
  async follow(signal: AbortSignal): Promise<IncomingMessage> {
    const stream = await this.#send('GET', 'routes', signal, SILENCE);
    stream.setTimeout(SILENCE, () => stream.destroy(new ServerAway('the server has fallen silent')));
    return stream;
  }

  /** @throws ServerAway */
  async report(what: 'applied' | 'counts' | 'probes', body: object, signal: AbortSignal): Promise<void> {
    (await this.#send('POST', what, signal, ANSWER, JSON.stringify(body))).resume();
  }

  close(): void {
    this.#agent.destroy();
  }

  async #send(
    method: string,
    what: string,
    signal: AbortSignal,
    limit: number,
    body?: string,
  ): Promise<IncomingMessage> {
    const { url, token } = this.#address;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const sent = request(
      {
        // Without the brackets of an IPv6 address, which are the URL's.
        host: url.hostname.replaceAll(/^\[|\]$/g, ''),
        port: url.port,
        agent: method === 'GET' ? false : this.#agent,
        method,
        path: `${this.#base}/${what}`,
        signal,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': FOLLOW_TYPE }),
        },
      },
      resolve,
    );
    sent.setTimeout(limit, () => sent.destroy(new Error(`no answer within ${String(limit)} ms`)));
    sent.on('error', reject);
    sent.end(body);
    const answer = await promise.catch((error: unknown) => {
      throw new ServerAway(`${url.host}: ${(error as Error).message}`, { cause: error });
    });
    if (answer.statusCode === 200) return answer;
    let text = '';
    for await (const part of answer.setEncoding('utf8')) text = (text + String(part)).slice(0, MOST_SAID);
    throw new ServerAway(`${url.host} answered ${String(answer.statusCode)}: ${text}`);
  }
}
