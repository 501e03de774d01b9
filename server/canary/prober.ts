import pLimit from 'p-limit';
import type { Traffic } from '../../engines/port.ts';
import type { Address, Followed } from './followed.ts';

/** Each side gets one so often while there is little traffic, in milliseconds. */
export const PROBE_EVERY_MS = 250;
/** Canaries that get theirs at one time, so that a fleet of them stays cheap; more take turns. */
const MOST_AT_A_TIME = 16;
/** An answer that takes longer is none. */
const TIMEOUT_MS = 5_000;
/** Of all canaries at once, so that a fleet of them stays cheap. */
const MOST_AT_ONCE = 64;
/** Of one side: an app that hangs is not asked ever more. */
const MOST_OF_A_SIDE = 4;

export interface ProbeCounts {
  readonly sent: number;
  readonly failed: number;
}

/** Requests of our own through the router, for where those of users are too few. Counts what came of them. */
export class Prober {
  readonly #traffic: Pick<Traffic, 'probe'>;
  readonly #limit = pLimit(MOST_AT_ONCE);
  readonly #sides = new Map<string, Side>();
  #turn = 0;

  constructor(traffic: Pick<Traffic, 'probe'>) {
    this.#traffic = traffic;
  }

  /** Sends one probe to each side of these canaries, or of as many as may be; the others come first the next time. */
  probe(canaries: readonly Followed[]): void {
    const count = Math.min(canaries.length, MOST_AT_A_TIME);
    for (let index = 0; index < count; index++) {
      const one = canaries[(this.#turn + index) % canaries.length];
      if (one) this.#probe(one);
    }
    this.#turn = (this.#turn + count) % Math.max(1, canaries.length);
  }

  /** To a side's replicas in turn; a side without replicas gets none. */
  #probe({ rolloutId, probe, canary, stable }: Followed): void {
    this.#send(`${rolloutId} ${canary}`, probe, probe.canary);
    this.#send(`${rolloutId} ${stable}`, probe, probe.stable);
  }

  /** What has been counted since the last call. */
  take({ rolloutId, canary, stable }: Followed): { canary: ProbeCounts; stable: ProbeCounts } {
    return {
      canary: this.#side(`${rolloutId} ${canary}`).take(),
      stable: this.#side(`${rolloutId} ${stable}`).take(),
    };
  }

  forget(rolloutId: string): void {
    for (const key of this.#sides.keys()) if (key.startsWith(`${rolloutId} `)) this.#sides.delete(key);
  }

  #send(key: string, { host, path }: Followed['probe'], replicas: readonly Address[]): void {
    const side = this.#side(key);
    const backend = side.next(replicas);
    if (backend === undefined || side.open >= MOST_OF_A_SIDE) return;
    side.open++;
    void this.#limit(async () => {
      try {
        const { status, unreached } = await this.#traffic.probe({
          host,
          path,
          backend,
          timeoutMs: TIMEOUT_MS,
        });
        // A replica that is gone with its node says nothing about the release.
        if (unreached === undefined) side.count(status !== undefined && status < 500);
      } catch {
        // The router was not reached, which says nothing about the replica.
      } finally {
        side.open--;
      }
    });
  }

  #side(key: string): Side {
    const known = this.#sides.get(key) ?? new Side();
    this.#sides.set(key, known);
    return known;
  }
}

class Side {
  open = 0;
  #turn = 0;
  #sent = 0;
  #failed = 0;

  next(replicas: readonly Address[]): Address | undefined {
    return replicas[this.#turn++ % Math.max(1, replicas.length)];
  }

  count(passed: boolean): void {
    this.#sent++;
    if (!passed) this.#failed++;
  }

  take(): ProbeCounts {
    const counts = { sent: this.#sent, failed: this.#failed };
    this.#sent = 0;
    this.#failed = 0;
    return counts;
  }
}
