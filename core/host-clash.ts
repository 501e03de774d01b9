import { Refusal } from './reason.ts';

interface Claim {
  readonly appId: string;
  readonly appName: string;
  readonly hosts: readonly string[];
}

/** Two routes that claim one host, or undefined. */
export function hostClash<T extends Claim>(
  routes: Iterable<T>,
): { host: string; first: T; second: T } | undefined {
  const owners = new Map<string, T>();
  for (const route of routes) {
    for (const host of route.hosts) {
      const first = owners.get(host);
      if (first !== undefined && first.appId !== route.appId) return { host, first, second: route };
      owners.set(host, route);
    }
  }
  return undefined;
}

/** What is said to the later of two apps that claim one host; undefined when none do. */
export function hostTaken(routes: Iterable<Claim>): Refusal | undefined {
  const clash = hostClash(routes);
  if (clash === undefined) return undefined;
  return new Refusal(
    409,
    'host_taken',
    `${clash.host} already belongs to ${clash.first.appName}`,
    `sluice domains:remove ${clash.host} -a ${clash.first.appName}`,
  );
}
