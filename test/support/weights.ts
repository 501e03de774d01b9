import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { RouteBody } from '../../core/contracts/router.ts';
import type { Platform } from './platform.ts';

/** What the router was seen to give each release of an app: `releaseId → parts of 10,000`. */
export type Weights = Readonly<Record<string, number>>;

/** The weights above 0 that the router holds for an app now; the file is written before HAProxy is told. */
export async function weightsOf(platform: Platform, appId: string): Promise<Weights> {
  const text = await readFile(`${platform.paths.router}/routes/${appId}.json`, 'utf8');
  const { releases } = RouteBody.parse((JSON.parse(text) as { route: unknown }).route);
  return Object.fromEntries(
    releases.filter(({ weight }) => weight > 0).map(({ releaseId, weight }) => [releaseId, weight]),
  );
}

/** Looks at the weights each 50 ms. @returns how to stop; it gives every split that was seen, in order, the last too */
export function watchWeights(platform: Platform, appId: string): () => Promise<Weights[]> {
  const seen: Weights[] = [];
  const stopped = new AbortController();
  const looking = look();
  // Who stops it hears of it.
  looking.catch(() => undefined);
  return async () => {
    stopped.abort();
    await looking;
    // What came since the look before, which may have waited while the machine was busy.
    await once();
    return seen;
  };

  async function look(): Promise<void> {
    while (!stopped.signal.aborted) {
      await once();
      await pause(50);
    }
  }
  async function once(): Promise<void> {
    const now = await weightsOf(platform, appId);
    if (JSON.stringify(now) !== JSON.stringify(seen.at(-1))) seen.push(now);
  }
}

/** Every look gave all traffic away, to two releases at most. */
export function problemsOf(seen: readonly Weights[]): string[] {
  return seen.flatMap((weights) => {
    const shares = Object.values(weights);
    const sum = shares.reduce((total, share) => total + share, 0);
    return sum === 10_000 && shares.length <= 2 ? [] : [JSON.stringify(weights)];
  });
}
