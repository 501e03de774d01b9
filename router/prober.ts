import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { Refusal } from '../core/reason.ts';
import type { Probe, ProbeResult } from '../engines/port.ts';
import { ANSWERED_HEADER, PROBE_HEADERS } from './config/probe.ts';
import type { HaproxySession } from './haproxy/session.ts';

/** Bytes of an answer's body that are read before the connection is closed. */
const LARGEST_BODY = 64 * 1024;
/** Milliseconds in which HAProxy must show that it is there when a probe got no answer. */
const SIGN_OF_LIFE = 1_000;
/** HAProxy's own status when the replica took no connection; it has others for one that gives no proper answer. */
const NO_CONNECTION = 503;

/** The replica's status; a page of HAProxy's own, or that which says that there is no replica; no answer at all; or HAProxy takes no connection. */
type Met = number | 'page' | 'unreached' | 'silence' | 'closed-door';

/** Sends requests of our own to one replica each, through HAProxy (config/probe.ts). */
export class Prober {
  readonly #socket: string;
  readonly #current: () => HaproxySession | undefined;

  /** @param socket where HAProxy takes probes */
  constructor(socket: string, current: () => HaproxySession | undefined) {
    this.#socket = socket;
    this.#current = current;
  }

  /** @throws Refusal `haproxy_down` when HAProxy is not there: that says nothing about the replica */
  async probe(probe: Probe): Promise<ProbeResult> {
    const haproxy = this.#current();
    if (haproxy === undefined) throw haproxyDown();
    const began = performance.now();
    const met = await this.#ask(probe);
    const ms = performance.now() - began;
    if (met === 'closed-door') throw haproxyDown();
    // Also one that hangs takes connections, as the kernel does that for it.
    if (met === 'silence' && !(await haproxy.isAnswering(SIGN_OF_LIFE))) throw haproxyDown();
    if (met === 'unreached') return { unreached: true, ms };
    return { ...(typeof met === 'number' ? { status: met } : {}), ms };
  }

  async #ask({ host, path, backend, timeoutMs }: Probe): Promise<Met> {
    const { promise, resolve } = Promise.withResolvers<Met>();
    const sent = request({
      socketPath: this.#socket,
      path,
      // Of a request that is not the first on its connection HAProxy does not say when the replica broke it off.
      agent: false,
      headers: {
        host,
        'user-agent': 'sluice-probe/1',
        accept: '*/*',
        [PROBE_HEADERS.host]: backend.host,
        [PROBE_HEADERS.port]: backend.port,
        [PROBE_HEADERS.timeout]: timeoutMs,
      },
    });
    const late = setTimeout(() => sent.destroy(), timeoutMs);
    sent.on('response', (response) => {
      const own = response.headers[ANSWERED_HEADER] !== undefined;
      const page = response.statusCode === NO_CONNECTION ? 'unreached' : 'page';
      resolve(own && response.statusCode !== undefined ? response.statusCode : page);
      drop(response);
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      resolve(error.syscall === 'connect' ? 'closed-door' : 'silence');
    });
    sent.on('close', () => {
      clearTimeout(late);
      resolve('silence');
    });
    sent.end();
    return promise;
  }
}

/** Reads a body to its end, unless it is long. */
function drop(response: IncomingMessage): void {
  let size = 0;
  response.on('data', (part: Buffer) => {
    size += part.length;
    if (size > LARGEST_BODY) response.destroy();
  });
  // Broken off: the answer's head is what counts.
  response.on('error', () => undefined);
}

function haproxyDown(): Refusal {
  return new Refusal(
    503,
    'haproxy_down',
    'HAProxy does not answer, so no probe can be sent',
    'sluice doctor',
  );
}
