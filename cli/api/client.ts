import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { z } from 'zod';
import { routes, type RouteContract, type RouteName } from '../../core/contracts/routes.ts';
import { Exit, Failure, misuse } from '../failure.ts';
import { VERSION } from '../../core/version.ts';
import { parseJson, problemOf } from './problem.ts';
import type { Transport } from './transport.ts';
import { requestPath, type Params, type Query } from './url.ts';

type Route<N extends RouteName> = (typeof routes)[N];
type Optional<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** What a call of a route takes: path parameters, query and body, as far as the route has them. */
export type Input<N extends RouteName> = (keyof Params<Route<N>['path']> extends never
  ? { readonly params?: never }
  : { readonly params: Params<Route<N>['path']> }) &
  (Route<N> extends { query: infer Q extends z.ZodType }
    ? { readonly query?: Optional<z.output<Q>> }
    : unknown) &
  (Route<N> extends { body: infer B extends z.ZodType } ? { readonly body: z.input<B> } : unknown);

export type Answer<N extends RouteName> =
  Route<N> extends { answer: infer A extends z.ZodType } ? z.output<A> : undefined;

interface Parts {
  readonly params?: Readonly<Record<string, string | number>>;
  readonly query?: Query;
  readonly body?: unknown;
}

/** The platform's API, typed by core/contracts/routes.ts. Every failure is a Failure. */
export class Api {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** One request and its whole answer. */
  async call<N extends RouteName>(name: N, input: Input<N>): Promise<Answer<N>> {
    const response = await this.#answer(name, input);
    const body = await text(response).catch((error: unknown) => this.#fail(error));
    const contract: RouteContract = routes[name];
    if (contract.answer === undefined) return undefined as Answer<N>;
    const answer = contract.answer.safeParse(parseJson(body));
    if (!answer.success) throw misunderstood(contract);
    return answer.data as Answer<N>;
  }

  /** One request whose answer is read as it comes. An answer cut short makes the stream throw. */
  stream<N extends RouteName>(name: N, input: Input<N>): Promise<IncomingMessage> {
    return this.#answer(name, input);
  }

  /** One request that ends in another protocol. `head` are bytes that came with the answer. */
  async upgrade<N extends RouteName>(
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

  async #answer(name: RouteName, input: Parts): Promise<IncomingMessage> {
    const response = await this.#send(name, input).catch((error: unknown) => this.#fail(error));
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return response;
    throw problemOf(status, await text(response).catch(() => ''));
  }

  async #fail(error: unknown): Promise<never> {
    if (error instanceof Failure || !(error instanceof Error)) throw error;
    throw await this.#transport.explain(error);
  }

  async #send(name: RouteName, input: Parts): Promise<IncomingMessage> {
    const body = checkedBody(routes[name], input.body);
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

  #request(name: RouteName, input: Parts, headers: Readonly<Record<string, string | number>>): ClientRequest {
    const contract: RouteContract = routes[name];
    return this.#transport.request({
      method: contract.method,
      path: requestPath(contract.path, input.params ?? {}, input.query ?? {}),
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

/** The body as JSON, by the contract: what the platform would refuse is refused here, before it is asked. */
function checkedBody(contract: RouteContract, body: unknown): string | undefined {
  if (contract.body === undefined) return undefined;
  const checked = contract.body.safeParse(body);
  if (checked.success) return JSON.stringify(body);
  const [issue] = checked.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw misuse(`${where === '' ? '' : `${where}: `}${messageOf(issue)}`);
}

/** A record's key that is refused says why inside the issue. */
function messageOf(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message;
  return issue?.message ?? 'that cannot be asked';
}

function misunderstood(contract: RouteContract): Failure {
  return new Failure(Exit.failed, {
    code: 'unexpected_answer',
    message: `this sluice (${VERSION}) does not understand the platform's answer to ${contract.method} ${contract.path}`,
    hint: "Bring the command and the platform to the same version; `sluice status` shows the platform's",
  });
}
