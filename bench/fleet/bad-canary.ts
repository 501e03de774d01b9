import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { noProgress, samplesOf } from '../../core/canary/collect.ts';
import { decide } from '../../core/canary/decide.ts';
import { NO_SAMPLE } from '../../core/canary/samples.ts';
import { appName, POLICY } from './fleet.ts';
import type { FleetRig } from './fleet-rig.ts';

/** Requests a second to the one app; half of them fail. */
const RATE = 200;
const ASK_EVERY_MS = 2;
const LIMIT_MS = 10_000;

/** Half of the traffic, as POLICY gives it. */
const WEIGHT = 5_000;

/**
 * Sends an app requests that its canary answers with 500.
 * @returns milliseconds from the answer with which the pure decision, asked about all answers so far, would first take
 *   the canary back, until HAProxy gives it no request any more
 */
export async function takenBackAfter(rig: FleetRig, app: number): Promise<{ ms: number; failed: number }> {
  const { byHost } = await appIds(rig);
  const host = `${appName(app)}.localhost`;
  const appId = byHost.get(host);
  if (appId === undefined) throw new Error(`the router has no ${host}`);
  const visitor = new Visitor(rig.router.httpPort, host);
  try {
    const began = performance.now();
    while (await rig.isSplit(appId)) {
      if (performance.now() - began > LIMIT_MS) throw new Error(`${host} still has a canary`);
      await pause(ASK_EVERY_MS);
    }
    const at = performance.now();
    if (visitor.evidentAt === undefined) throw new Error(`${host} was taken back without evidence`);
    return { ms: at - visitor.evidentAt, failed: visitor.failed };
  } finally {
    visitor.stop();
  }
}

async function appIds(rig: FleetRig): Promise<{ byHost: Map<string, string> }> {
  const lines = (await rig.runtime.send('show map hosts.map')).split('\n');
  return { byHost: new Map(lines.map((line) => line.split(' ').slice(1, 3) as [string, string])) };
}

/** Asks `RATE` times a second, whatever the answers do, and judges them as the server would. */
class Visitor {
  /** `performance.now()`. */
  evidentAt: number | undefined;
  failed = 0;
  readonly #asked = { canary: 0, stable: 0 };
  readonly #agent = new Agent({ keepAlive: true });
  readonly #timer: NodeJS.Timeout;

  constructor(port: number, host: string) {
    this.#timer = setInterval(() => this.#ask(port, host), 1_000 / RATE);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#agent.destroy();
  }

  #ask(port: number, host: string): void {
    const asked = request(
      { host: '127.0.0.1', port, path: '/fail', headers: { host }, agent: this.#agent },
      (answer) => {
        answer.resume();
        const fails = answer.statusCode === 500;
        this.#asked[fails ? 'canary' : 'stable']++;
        if (fails) this.failed++;
        if (this.#isEvident()) this.evidentAt ??= performance.now();
      },
    );
    // Only those under way when it is stopped.
    asked.on('error', () => undefined);
    asked.end();
  }

  #isEvident(): boolean {
    const sums = {
      canary: { ...NO_SAMPLE, requests: this.#asked.canary, errors5xx: this.#asked.canary },
      stable: { ...NO_SAMPLE, requests: this.#asked.stable },
    };
    const progress = { ...noProgress(0), step: sums, rollout: sums };
    return decide(samplesOf(progress, [], { weight: WEIGHT, metrics: 'fresh' }), POLICY).result === 'fail';
  }
}
