import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { ProbeAnswer, RouterCounts, RouterStatus } from '../core/contracts/router.ts';
import { Reason, Refusal } from '../core/reason.ts';
import type { Probe, ProbeResult, Route, Traffic, TrafficCounts } from '../engines/port.ts';

const Problem = z.object({ status: z.number(), reason: Reason });

/** Milliseconds between tries while the router's socket does not answer. */
const PAUSE = 50;
/** Milliseconds that a question goes on trying: who asks must soon know that nobody tells. */
const QUESTION_PATIENCE = 1_000;
/** Milliseconds until a question has failed, whatever the router does. */
const QUESTION_LIMIT = 2_000;

export interface RouterTrafficOptions {
  /** Milliseconds that a change goes on trying while no router answers, as while one is started again. */
  readonly patience?: number;
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly agent: Agent;
  /** Milliseconds that it goes on trying while no router answers. */
  readonly patience: number;
  /** Milliseconds that it may take in all; without: as long as the change takes. */
  readonly limit?: number;
}

/** The router, as the server sees it: Traffic over the router's unix socket. */
export class RouterTraffic implements Traffic {
  readonly #socket: string;
  readonly #patience: number;
  readonly #changes = new Agent({ keepAlive: true, maxSockets: 8 });
  /** Of their own, as no question may wait behind a slow change, nor a probe behind a slow replica. */
  readonly #questions = new Agent({ keepAlive: true, maxFreeSockets: 16 });

  /** @param socket `dataPaths(root).routerSocket` */
  constructor(socket: string, options: RouterTrafficOptions = {}) {
    this.#socket = socket;
    this.#patience = options.patience ?? 10_000;
  }

  async apply(route: Route): Promise<void> {
    await this.#change('PUT', `/routes/${route.appId}`, route);
  }

  async remove(appId: string): Promise<void> {
    await this.#change('DELETE', `/routes/${encodeURIComponent(appId)}`);
  }

  async sync(routes: readonly Route[]): Promise<void> {
    await this.#change('PUT', '/routes', { routes });
  }

  /** Settles within 2 s. */
  async counts(): Promise<TrafficCounts> {
    return RouterCounts.parse(await this.#question('GET', '/counts', QUESTION_LIMIT));
  }

  /** Settles within 2 s after the probe's own time. */
  async probe(probe: Probe): Promise<ProbeResult> {
    const limit = probe.timeoutMs + QUESTION_LIMIT;
    return ProbeAnswer.parse(await this.#question('POST', '/probe', limit, probe)) as ProbeResult;
  }

  async status(): Promise<RouterStatus> {
    return RouterStatus.parse(await this.#change('GET', '/status'));
  }

  /** Ends HAProxy and the router. */
  async shutdown(): Promise<void> {
    await this.#change('POST', '/shutdown');
  }

  close(): void {
    this.#changes.destroy();
    this.#questions.destroy();
  }

  async #change(method: string, path: string, body?: object): Promise<unknown> {
    return this.#call({
      method,
      path,
      agent: this.#changes,
      patience: this.#patience,
      ...(body && { body }),
    });
  }

  async #question(method: string, path: string, limit: number, body?: object): Promise<unknown> {
    const patience = Math.min(this.#patience, QUESTION_PATIENCE);
    return this.#call({ method, path, agent: this.#questions, patience, limit, ...(body && { body }) });
  }

  /** Every call may be repeated, so one that met a router that died is simply sent again. */
  async #call(call: Call): Promise<unknown> {
    const began = performance.now();
    for (;;) {
      try {
        return await this.#send(call, began);
      } catch (error) {
        if (error instanceof Refusal) throw error;
        if (performance.now() - began >= call.patience) throw unreachable(this.#socket, error);
        await delay(PAUSE);
      }
    }
  }

  async #send({ method, path, body, agent, limit }: Call, began: number): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
    const sent = request({ socketPath: this.#socket, method, path, agent }, (response) => {
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
    const late =
      limit === undefined
        ? undefined
        : setTimeout(
            () => sent.destroy(new Error(`no answer within ${String(limit)} ms`)),
            began + limit - performance.now(),
          );
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    const { status, text } = await promise.finally(() => {
      clearTimeout(late);
    });
    const answer: unknown = JSON.parse(text);
    if (status < 400) return answer;
    const problem = Problem.parse(answer);
    throw Refusal.of(problem.status, problem.reason);
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
