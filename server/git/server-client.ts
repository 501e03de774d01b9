import { Agent, request, type IncomingMessage } from 'node:http';
import type { z } from 'zod';
import {
  ADDRESS_HEADER,
  AcceptedPush,
  Authenticated,
  Authorized,
  KEY_HEADER,
  PERSON_HEADER,
  Verdict,
  type AcceptPush,
  type Authorize,
  type Until,
} from '../../core/contracts/internal.ts';
import { Problem } from '../../core/contracts/resources.ts';
import { Refusal } from '../../core/reason.ts';
import type { Login } from './login.ts';

/** The server did not answer, or said that it cannot at the moment: the same call may be made again. */
export class ServerUnreachable extends Error {
  override readonly name = 'ServerUnreachable';
}

/** Answers are small documents; a larger one is a fault. */
const MAX_ANSWER = 1024 * 1024;
const CALL_TIMEOUT_MS = 30_000;

/** The server's internal API (core/contracts/internal.ts) over its unix socket. Every call may be repeated. */
export class ServerClient {
  readonly #socketPath: string;
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 32 });

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** Whose key this is; undefined when it is nobody's. */
  async authenticate(key: string): Promise<Authenticated | undefined> {
    try {
      return await this.#call(Authenticated, 'POST', '/internal/ssh/authenticate', { key });
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) return undefined;
      throw error;
    }
  }

  /** @throws Refusal 403 or 404 */
  authorize(body: z.infer<typeof Authorize>): Promise<Authorized> {
    return this.#call(Authorized, 'POST', '/internal/ssh/authorize', body);
  }

  /** @throws Refusal 409, 422 or 507 */
  accept(body: AcceptPush, signal: AbortSignal): Promise<AcceptedPush> {
    return this.#call(AcceptedPush, 'POST', '/internal/pushes', body, signal);
  }

  verdict(buildId: string, until: Until, signal: AbortSignal): Promise<Verdict> {
    return this.#call(
      Verdict,
      'GET',
      `/internal/builds/${buildId}/verdict?until=${until}`,
      undefined,
      signal,
    );
  }

  /** The public API in a person's name. @throws Refusal as it answers */
  async asPerson(
    login: Login,
    method: string,
    path: string,
    body: unknown,
    signal: AbortSignal,
  ): Promise<string> {
    const answer = await this.#send(method, path, body, signal, CALL_TIMEOUT_MS, headersOf(login));
    const text = await readAll(answer);
    const status = answer.statusCode ?? 500;
    if (status < 200 || status > 299) throw failure(status, text);
    return text;
  }

  /**
   * The same, for an answer that is read as it comes and may have no end. Whoever reads it no further ends it.
   * @throws Refusal as it answers; ServerUnreachable, also in the middle of it
   */
  async streamAsPerson(
    login: Login,
    method: string,
    path: string,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Buffer>> {
    const answer = await this.#send(method, path, undefined, signal, 0, headersOf(login));
    const status = answer.statusCode ?? 500;
    if (status < 200 || status > 299) throw failure(status, await readAll(answer));
    return uncut(answer);
  }

  /** The log from byte `offset` on; ends when the build (or its rollout) has. The caller reads or destroys it. */
  async log(buildId: string, offset: number, until: Until, signal: AbortSignal): Promise<IncomingMessage> {
    const path = `/internal/builds/${buildId}/log?offset=${offset}&until=${until}`;
    const answer = await this.#send('GET', path, undefined, signal, 0);
    if (answer.statusCode === 200) return answer;
    throw failure(answer.statusCode ?? 500, await readAll(answer));
  }

  close(): void {
    this.#agent.destroy();
  }

  async #call<T>(
    contract: z.ZodType<T>,
    method: string,
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<T> {
    const answer = await this.#send(method, path, body, signal, CALL_TIMEOUT_MS);
    const text = await readAll(answer);
    const status = answer.statusCode ?? 500;
    if (status < 200 || status > 299) throw failure(status, text);
    return contract.parse(JSON.parse(text));
  }

  #send(
    method: string,
    path: string,
    body: unknown,
    signal: AbortSignal | undefined,
    timeout: number,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<IncomingMessage> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const sent = request({
        socketPath: this.#socketPath,
        agent: this.#agent,
        method,
        path,
        timeout,
        headers: {
          ...headers,
          ...(text === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        },
        ...(signal === undefined ? {} : { signal }),
      });
      sent.on('response', resolve);
      sent.on('timeout', () => sent.destroy(new Error(`no answer in ${timeout} ms`)));
      sent.on('error', (error) =>
        reject(
          signal?.aborted === true ? error : new ServerUnreachable(`${method} ${path}`, { cause: error }),
        ),
      );
      sent.end(text);
    });
  }
}

function headersOf({ personId, key, address }: Login): Readonly<Record<string, string>> {
  return { [PERSON_HEADER]: personId, [KEY_HEADER]: key, [ADDRESS_HEADER]: address ?? '' };
}

async function* uncut(answer: IncomingMessage): AsyncGenerator<Buffer, void> {
  const chunks = answer[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    for (;;) {
      const next = await chunks.next().catch((cause: unknown) => {
        throw new ServerUnreachable('the answer was cut off', { cause });
      });
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    answer.destroy();
  }
}

async function readAll(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > MAX_ANSWER) throw new RangeError('the answer is too long');
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw new ServerUnreachable('the answer was cut off', { cause: error });
  }
  return Buffer.concat(chunks).toString('utf8');
}

function failure(status: number, text: string): Error {
  if (status === 502 || status === 503 || status === 504) return new ServerUnreachable(`answered ${status}`);
  let problem: unknown;
  try {
    problem = JSON.parse(text);
  } catch {
    problem = undefined;
  }
  const read = Problem.safeParse(problem);
  if (!read.success) return new Error(`the server answered ${status}: ${text.slice(0, 500)}`);
  return Refusal.of(status, read.data.reason);
}
