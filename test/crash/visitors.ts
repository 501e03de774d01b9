import { Agent, request } from 'node:http';

/** One request of a visitor, and what came of it. Times by the monotonic clock, in milliseconds. */
export interface Visit {
  readonly host: string;
  readonly sentAt: number;
  readonly endedAt: number;
  /** What the page said of itself: `v=<release> t=<token>`. */
  readonly release?: number;
  readonly token?: string;
  /** Why it counts as failed; undefined when it was answered with 200. */
  readonly failure?: string;
}

/** Steady light traffic on some hosts, whatever the answers are. */
export class Visitors {
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 20 });
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #open = new Set<Promise<void>>();
  #visits: Visit[] = [];

  constructor(port: number) {
    this.#port = port;
  }

  /** @param perSecond requests a second, 1 to 200 */
  come(host: string, perSecond: number): void {
    let sent = 0;
    this.#timers.push(
      setInterval(() => {
        // Half over kept connections, half over new ones.
        const one = this.#visit(host, sent++ % 2 === 0 ? this.#agent : false);
        this.#open.add(one);
        void one.finally(() => this.#open.delete(one));
      }, 1_000 / perSecond),
    );
  }

  /** Visits that have ended since the last call. */
  take(): Visit[] {
    const taken = this.#visits;
    this.#visits = [];
    return taken;
  }

  /** Until every request that is under way now has its answer. */
  async answered(): Promise<void> {
    await Promise.all(this.#open);
  }

  async leave(): Promise<void> {
    this.#timers.forEach(clearInterval);
    await this.answered();
    this.#agent.destroy();
  }

  #visit(host: string, agent: Agent | false): Promise<void> {
    const sentAt = performance.now();
    return new Promise((resolve) => {
      const end = (seen: Pick<Visit, 'release' | 'token' | 'failure'>): void => {
        this.#visits.push({ host, sentAt, endedAt: performance.now(), ...seen });
        resolve();
      };
      const asked = request(
        {
          host: '127.0.0.1',
          port: this.#port,
          path: '/',
          headers: { host: `${host}:${this.#port}` },
          agent,
          timeout: 30_000,
        },
        (response) => {
          let body = '';
          response.setEncoding('utf8').on('data', (text: string) => (body += text));
          response.on('end', () => end(seenOn(response.statusCode ?? 0, body)));
          response.on('error', (error) => end({ failure: `answer cut off: ${error.message}` }));
        },
      );
      asked.on('timeout', () => asked.destroy(new Error('no answer within 30 s')));
      asked.on('error', (error: NodeJS.ErrnoException) => end({ failure: error.code ?? error.message }));
      asked.end();
    });
  }
}

function seenOn(status: number, body: string): Pick<Visit, 'release' | 'token' | 'failure'> {
  const found = /v=v(\d+) t=(\S+)/.exec(body);
  const page = found ? { release: Number(found[1]), token: found[2] as string } : {};
  return status === 200 ? page : { ...page, failure: `status ${status}` };
}
