import { request } from 'node:http';

/** What a health request met. `error` is a connection error's code, `timeout`, or `bad_answer`. */
export type ProbeResult =
  { readonly ok: boolean; readonly status: number } | { readonly ok: false; readonly error: string };

export interface ProbeTarget {
  readonly address: string;
  readonly port: number;
  readonly path: string;
  /** Host header: the app's own name. */
  readonly host: string;
}

/**
 * One HTTP request from this host. Any status below 500 is healthy; redirects are not followed; the body is not
 * read. Never rejects.
 * @param timeoutMs for the whole of it
 */
export function probe(target: ProbeTarget, timeoutMs: number, signal?: AbortSignal): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const limit = AbortSignal.timeout(timeoutMs);
    const outgoing = request(
      {
        host: target.address,
        port: target.port,
        path: target.path,
        // A connection of its own each time: a kept-alive one proves nothing about the next visitor's.
        agent: false,
        headers: { host: target.host, 'user-agent': 'sluice-health/1', accept: '*/*', connection: 'close' },
        signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
      },
      (answer) => {
        const status = answer.statusCode ?? 0;
        answer.destroy();
        resolve({ ok: status < 500, status });
      },
    );
    // Unasked for; with nobody to hear of it the request would end without an answer and without an error.
    outgoing.on('upgrade', (_answer, socket) => {
      socket.destroy();
      resolve({ ok: false, error: 'bad_answer' });
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      resolve({ ok: false, error: limit.aborted ? 'timeout' : nameOf(error) });
    });
    outgoing.end();
  });
}

function nameOf(error: NodeJS.ErrnoException): string {
  if (error.code?.startsWith('HPE_') === true) return 'bad_answer';
  return error.code ?? error.message;
}

/** What the result says, in a clause for people: "answers 503", "refuses connections". */
export function describeProbe(result: ProbeResult): string {
  if ('status' in result) return `answers ${result.status}`;
  switch (result.error) {
    case 'ECONNREFUSED':
      return 'refuses connections';
    case 'timeout':
      return 'accepts no request in time';
    case 'ECONNRESET':
      return 'closes the connection without an answer';
    case 'bad_answer':
      return 'does not speak HTTP';
    default:
      return `cannot be reached (${result.error})`;
  }
}
