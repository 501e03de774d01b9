import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Exit, Failure } from '../failure.ts';
import { VERSION } from '../../core/version.ts';
import { type Operations, operations } from './generated.ts';
import { parseJson, problemOf } from './problem.ts';
import type { Transport } from './transport.ts';
import { complete, type Shape } from './shape.ts';
import { requestPath, type Query } from './url.ts';

export type OperationName = keyof Operations;
type Part<
  N extends OperationName,
  P extends keyof Operations[N],
  Key extends string,
> = Operations[N][P] extends undefined
  ? { readonly [K in Key]?: never }
  : { readonly [K in Key]: Operations[N][P] };

/** What a call of an operation takes: path parameters, query and body, as far as it has them. */
export type Input<N extends OperationName> = Part<N, 'params', 'params'> &
  Partial<Part<N, 'query', 'query'>> &
  Part<N, 'body', 'body'>;

export type Answer<N extends OperationName> = Operations[N]['answer'];

/** One row of the generated table. */
interface Operation {
  readonly method: string;
  readonly path: string;
  readonly shape?: Shape;
}

interface Parts {
  readonly params?: Readonly<Record<string, string | number>> | undefined;
  readonly query?: Query | undefined;
  readonly body?: unknown;
}

/** How a person is told that an answer is waited for. */
export interface Waiting {
  /** Until it is, ssh may ask the person for a passphrase, in the line that would be written over. */
  readonly reached: boolean;
  readonly waiting: <T>(work: () => Promise<T>) => Promise<T>;
}

const UNSEEN: Waiting = { reached: false, waiting: (work) => work() };

/**
 * The platform's API by its OpenAPI document: see generated.ts. Every failure is a Failure. What an older platform does
 * not answer yet, or a newer one answers besides, is no failure.
 */
export class Api {
  readonly #transport: Transport;
  readonly #waiting: Waiting['waiting'];
  #reached: boolean;

  constructor(transport: Transport, { reached, waiting }: Waiting = UNSEEN) {
    this.#transport = transport;
    this.#reached = reached;
    this.#waiting = waiting;
  }

  /** Settles once the way to the platform is open, or known not to be: then the next request says why. */
  async reach(): Promise<void> {
    if (!this.#reached) await this.call('me', {}).catch(() => undefined);
  }

  /** One request and its whole answer. */
  async call<N extends OperationName>(name: N, input: Input<N>): Promise<Answer<N>> {
    const body = await (this.#reached
      ? this.#waiting(() => this.#whole(name, input))
      : this.#whole(name, input));
    const operation: Operation = operations[name];
    if (operation.shape === undefined) return undefined;
    const answer = parseJson(body);
    if (!complete(answer, operation.shape)) throw misunderstood(operation);
    return answer as Answer<N>;
  }

  /** One request whose answer is read as it comes. An answer cut short makes the stream throw. */
  stream<N extends OperationName>(name: N, input: Input<N>): Promise<IncomingMessage> {
    return this.#answer(name, input);
  }

  /** One request that ends in another protocol. `head` are bytes that came with the answer. */
  async upgrade<N extends OperationName>(
    name: N,
    input: Input<N>,
    protocol: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<{ socket: Duplex; head: Buffer }> {
    const request = this.#request(
      name,
      { ...input, body: undefined },
      { ...headers, connection: 'Upgrade', upgrade: protocol },
    );
    const answered = new Promise<{ socket: Duplex; head: Buffer }>((resolve, reject) => {
      request.on('upgrade', (_, socket, head) => resolve({ socket, head }));
      request.on('response', (response) => {
        problemBody(response).then((body) => reject(problemOf(response.statusCode ?? 0, body)), reject);
      });
      request.on('error', reject);
    });
    request.end();
    return answered.catch((error: unknown) => this.#fail(error));
  }

  close(): void {
    this.#transport.close();
  }

  async #whole(name: OperationName, input: Parts): Promise<string> {
    const response = await this.#answer(name, input);
    return text(response).catch((error: unknown) => this.#fail(error));
  }

  async #answer(name: OperationName, input: Parts): Promise<IncomingMessage> {
    const response = await this.#send(name, input).catch((error: unknown) => this.#fail(error));
    this.#reached = true;
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return response;
    throw problemOf(status, await text(response).catch(() => ''));
  }

  async #fail(error: unknown): Promise<never> {
    if (error instanceof Failure || !(error instanceof Error)) throw error;
    throw await this.#transport.explain(error);
  }

  async #send(name: OperationName, input: Parts): Promise<IncomingMessage> {
    const body = input.body === undefined ? undefined : JSON.stringify(input.body);
    const request = this.#request(
      name,
      input,
      body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    );
    const answered = once(request, 'response') as Promise<[IncomingMessage]>;
    request.end(body);
    const [response] = await answered;
    return response;
  }

  #request(
    name: OperationName,
    input: Parts,
    headers: Readonly<Record<string, string | number>>,
  ): ClientRequest {
    const { method, path }: Operation = operations[name];
    return this.#transport.request({
      method,
      path: requestPath(path, input.params ?? {}, input.query ?? {}),
      headers: {
        accept: 'application/json, text/plain, */*',
        'user-agent': `sluice/${VERSION}`,
        ...headers,
      },
    });
  }
}

/**
 * The body of a refused upgrade. Its length is not always given, and a line that both sides could still use need not
 * end: the body is whole once it is JSON.
 */
async function problemBody(response: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    body += chunk;
    if (parseJson(body) !== undefined) break;
  }
  return body;
}

function misunderstood({ method, path }: Operation): Failure {
  return new Failure(Exit.failed, {
    code: 'unexpected_answer',
    message: `this sluice (${VERSION}) does not understand the platform's answer to ${method} ${path}`,
    hint: "Bring the command and the platform to the same version; `sluice status` shows the platform's",
  });
}
