import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { ProbeAnswer, RouterCounts, RouterStatus } from '../core/contracts/router.ts';
import { Reason, Refusal } from '../core/reason.ts';
import type { Probe, ProbeResult, Route, Traffic, TrafficCounts } from '../engines/port.ts';

const Problem = z.object({ status: z.number(), reason: Reason });

/** Milliseconds between tries while the router's socket does not answer. */
const PAUSE = 50;

export interface RouterTrafficOptions {
  /** Milliseconds that a call goes on trying while no router answers, as while one is started again. */
  readonly patience?: number;
}

/** The router, as the server sees it: Traffic over the router's unix socket. */
export class RouterTraffic implements Traffic {
  readonly #socket: string;
  readonly #patience: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });

  /** @param socket `dataPaths(root).routerSocket` */
  constructor(socket: string, options: RouterTrafficOptions = {}) {
    this.#socket = socket;
    this.#patience = options.patience ?? 10_000;
  }

  async apply(route: Route): Promise<void> {
    await this.#call('PUT', `/routes/${route.appId}`, route);
  }

  async remove(appId: string): Promise<void> {
    await this.#call('DELETE', `/routes/${encodeURIComponent(appId)}`);
  }

  async sync(routes: readonly Route[]): Promise<void> {
    await this.#call('PUT', '/routes', { routes });
  }

  async counts(): Promise<TrafficCounts> {
    return RouterCounts.parse(await this.#call('GET', '/counts'));
  }

  async probe(probe: Probe): Promise<ProbeResult> {
    return ProbeAnswer.parse(await this.#call('POST', '/probe', probe)) as ProbeResult;
  }

  async status(): Promise<RouterStatus> {
    return RouterStatus.parse(await this.#call('GET', '/status'));
  }

  /** Ends HAProxy and the router. */
  async shutdown(): Promise<void> {
    await this.#call('POST', '/shutdown');
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Every call may be repeated, so one that met a router that died is simply sent again. */
  async #call(method: string, path: string, body?: object): Promise<unknown> {
    const deadline = performance.now() + this.#patience;
    for (;;) {
      try {
        return await this.#send(method, path, body);
      } catch (error) {
        if (error instanceof Refusal) throw error;
        if (performance.now() >= deadline) {
          throw unreachable(this.#socket, error);
        }
        await delay(PAUSE);
      }
    }
  }

  async #send(method: string, path: string, body?: object): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
    const sent = request({ socketPath: this.#socket, method, path, agent: this.#agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text });
      });
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    const { status, text } = await promise;
    const answer: unknown = JSON.parse(text);
    if (status < 400) return answer;
    const problem = Problem.parse(answer);
    const { code, message, hint, detail } = problem.reason;
    throw new Refusal(problem.status, code, message, hint, detail);
  }
}

function unreachable(socket: string, error: unknown): Refusal {
  const refusal = new Refusal(
    503,
    'router_unreachable',
    `the router does not answer on ${socket}`,
    'start the router, then try again',
  );
  refusal.cause = error;
  return refusal;
}
