import { readdir, readFile } from 'node:fs/promises';
import type { DataPaths } from '../../../../core/paths.ts';
import { FULL_WEIGHT } from '../../../../core/rollout.ts';
import { readMap } from '../../../../router/haproxy/answers.ts';
import { RuntimeSocket } from '../../../../router/haproxy/runtime-socket.ts';
import type { RouteFact } from '../facts.ts';

interface KeptRoute {
  readonly route: { readonly releases: readonly { releaseId: string; weight: number }[] };
  /** Release id → HAProxy's backend. */
  readonly slots: Readonly<Record<string, string>>;
}

/** The router's files, by app. */
export async function keptRoutes(paths: DataPaths): Promise<Map<string, KeptRoute>> {
  const folder = `${paths.router}/routes`;
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  return new Map(
    await Promise.all(
      files.map(
        async (name) =>
          [
            name.slice(0, -'.json'.length),
            JSON.parse(await readFile(`${folder}/${name}`, 'utf8')) as KeptRoute,
          ] as const,
      ),
    ),
  );
}

/** HAProxy's memory, asked over its own socket. */
export class HaproxyMaps {
  readonly #hosts: ReadonlyMap<string, string>;
  readonly #routes: ReadonlyMap<string, string>;

  private constructor(hosts: ReadonlyMap<string, string>, routes: ReadonlyMap<string, string>) {
    this.#hosts = hosts;
    this.#routes = routes;
  }

  /** @throws HaproxyLost when it does not answer within 10 s */
  static async read(socket: string): Promise<HaproxyMaps> {
    const runtime = await RuntimeSocket.open(socket, 10_000);
    try {
      return new HaproxyMaps(
        readMap(await runtime.send('show map hosts.map')),
        readMap(await runtime.send('show map routes.map')),
      );
    } finally {
      runtime.close();
    }
  }

  /** Apps that a host or a route leads to. */
  apps(): string[] {
    return [...new Set([...this.#routes.keys(), ...this.#hosts.values()])];
  }

  /** Backends of an app with their weights; undefined when it has no route. */
  weights(appId: string): Record<string, number> | undefined {
    const value = this.#routes.get(appId);
    if (value === undefined) return undefined;
    const [stable = '', , canary, share] = value.split('|');
    if (canary === undefined) return stable.startsWith('page_') ? {} : { [stable]: FULL_WEIGHT };
    return { [stable]: FULL_WEIGHT - Number(share), [canary]: Number(share) };
  }
}

export function routeFact(appId: string, routes: Map<string, KeptRoute>, maps: HaproxyMaps): RouteFact {
  const kept = routes.get(appId);
  const releases = kept?.route.releases.filter(({ weight }) => weight > 0) ?? [];
  const ofSlot = new Map(Object.entries(kept?.slots ?? {}).map(([release, slot]) => [slot, release]));
  const weights = maps.weights(appId);
  return {
    kept: Object.fromEntries(releases.map(({ releaseId, weight }) => [releaseId, weight])),
    held:
      weights &&
      Object.fromEntries(Object.entries(weights).map(([slot, weight]) => [ofSlot.get(slot) ?? slot, weight])),
  };
}
