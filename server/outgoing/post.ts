import { request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { isIP, type LookupFunction } from 'node:net';

/** One request that the platform makes to somebody else's server. */
export interface OutgoingRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Already checked: nothing else is connected to, whatever the name resolves to by now. */
  readonly addresses: readonly string[];
  readonly signal: AbortSignal;
}

export interface OutgoingAnswer {
  readonly status: number;
  /** The beginning of it: at most 64 KiB. */
  readonly text: string;
  /** Seconds that the other side asks us to wait before the next try. */
  readonly retryAfter?: number;
}

/** From the beginning to the last byte that is read of the answer. */
const WHOLE_MS = 15_000;
/** More of an answer is not even taken off the line. */
const MAX_BYTES = 64 * 1024;

/**
 * Asks once: no redirect is followed, no proxy or cookie used, no connection kept.
 * @param wholeMs time for all of it
 * @throws Error when nothing answers in time; the signal's reason once it is aborted
 */
export async function ask(asked: OutgoingRequest, wholeMs = WHOLE_MS): Promise<OutgoingAnswer> {
  const { url, method, headers, body, addresses, signal } = asked;
  const tooSlow = AbortSignal.timeout(wholeMs);
  const request = (url.protocol === 'https:' ? overHttps : overHttp)(url, {
    method,
    headers: { 'user-agent': 'sluice', ...headers, 'content-length': String(Buffer.byteLength(body)) },
    agent: false,
    lookup: pinned(addresses),
    signal: AbortSignal.any([tooSlow, signal]),
  });
  try {
    return await new Promise<OutgoingAnswer>((resolve, reject) => {
      request.once('error', reject);
      request.once('response', (response) => {
        beginning(response).then((text) => resolve({ ...answered(response), text }), reject);
      });
      // Unasked for; with nobody to hear of it the request would end without an answer and without an error.
      request.once('upgrade', (response, socket) => {
        socket.destroy();
        resolve({ ...answered(response), text: '' });
      });
      request.end(body);
    });
  } catch (error) {
    signal.throwIfAborted();
    if (tooSlow.aborted) throw new Error(`no whole answer within ${wholeMs / 1_000} s`, { cause: error });
    throw error;
  } finally {
    request.destroy();
  }
}

/** What a request meets in place of the name's own addresses. */
function pinned(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, options, done) => {
    const [first] = all;
    if (first === undefined) done(new Error('no address'), '', 0);
    else if (options.all === true) done(null, all);
    else done(null, first.address, first.family);
  };
}

function answered({ statusCode = 0, headers }: IncomingMessage): Omit<OutgoingAnswer, 'text'> {
  const wait = /^\d{1,6}$/.exec(headers['retry-after'] ?? '')?.[0];
  return { status: statusCode, ...(wait === undefined ? {} : { retryAfter: Number(wait) }) };
}

/** The first bytes as text; one that is too large is cut off, and the rest not waited for. */
async function beginning(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= MAX_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_BYTES).toString('utf8');
}
