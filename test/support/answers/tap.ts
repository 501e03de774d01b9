import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { faultsOf, type SeenAnswer } from './faults.ts';

/** Of a longer answer, a stream, the beginning is looked at: tests of back pressure write hundreds of megabytes. */
const KEPT_BYTES = 256 * 1024;

const fakes = new WeakSet<Server>();

/** Answers of this server are a test's own and may be wrong on purpose. */
export function isFake(server: Server): void {
  fakes.add(server);
}

/** Looks at every answer that any HTTP server of this process gives. `faulty` hears what is not as documented. */
export function tapAnswers(seen: (answer: SeenAnswer) => void, faulty: (faults: string[]) => void): void {
  subscribe('http.server.request.start', (message) => {
    const { request, response, server } = message as {
      request: IncomingMessage;
      response: ServerResponse;
      server: Server;
    };
    if (fakes.has(server)) return;
    const kept = keep(response);
    const head = headOf(response);
    const { method = 'GET', url = '/' } = request;
    response.once('close', () => {
      if (!response.headersSent || head.passedOn) return;
      const answer: SeenAnswer = {
        method,
        url,
        status: response.statusCode,
        contentType: response.getHeader('content-type')?.toString() ?? head.contentType,
        body: Buffer.concat(kept.chunks),
        whole: response.writableFinished && !kept.more,
      };
      seen(answer);
      const faults = faultsOf(answer);
      if (faults.length > 0) faulty(faults);
    });
  });
}

/** What `writeHead` was given, which `getHeader` does not know. Raw headers are those of somebody else's answer. */
function headOf(response: ServerResponse): { contentType?: string; passedOn: boolean } {
  const head: { contentType?: string; passedOn: boolean } = { passedOn: false };
  const passOn = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  Object.defineProperty(response, 'writeHead', {
    configurable: true,
    writable: true,
    value: (...args: unknown[]) => {
      const headers = args.at(-1);
      if (Array.isArray(headers)) head.passedOn = true;
      else if (typeof headers === 'object' && headers !== null) {
        const [, type] =
          Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type') ?? [];
        if (typeof type === 'string') head.contentType = type;
      }
      return passOn(...args);
    },
  });
  return head;
}

/** Copies what is written to a response as it passes. */
function keep(response: ServerResponse): { readonly chunks: Buffer[]; more: boolean } {
  const kept = { chunks: [] as Buffer[], more: false };
  let bytes = 0;
  const take = (chunk: unknown): void => {
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) return;
    if (bytes >= KEPT_BYTES) kept.more = true;
    else {
      kept.chunks.push(Buffer.from(chunk as string));
      bytes += chunk.length;
    }
  };
  for (const name of ['write', 'end'] as const) {
    const passOn = response[name].bind(response) as (...args: unknown[]) => unknown;
    Object.defineProperty(response, name, {
      configurable: true,
      writable: true,
      value: (...args: unknown[]) => {
        take(args[0]);
        return passOn(...args);
      },
    });
  }
  return kept;
}
