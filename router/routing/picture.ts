import { FULL_WEIGHT } from '../../core/rollout.ts';
import type { Route } from '../../engines/port.ts';
import type { Entry, Table } from './table.ts';

/** What HAProxy should hold. */
export interface Desired {
  /** host → appId. */
  readonly hosts: ReadonlyMap<string, string>;
  /** appId → where its requests go, see routeValue. */
  readonly routes: ReadonlyMap<string, string>;
  /** slot → server name → address. Slots without servers may be left out. */
  readonly slots: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** slot → names of servers on which nothing can be answered any more. */
  readonly lost: ReadonlyMap<string, ReadonlySet<string>>;
}

/** What one HAProxy process holds now. `leaving`: takes no new request, and goes once its open ones have ended. */
export interface Actual {
  readonly hosts: Map<string, string>;
  readonly routes: Map<string, string>;
  readonly slots: Map<string, Map<string, 'ready' | 'leaving'>>;
}

export const PAGE_UNKNOWN_HOST = 'page_unknown_host';
export const PAGE_NO_RELEASE = 'page_no_release';
export const PAGE_MAINTENANCE = 'page_maintenance';

/**
 * The one map value that decides where an app's requests go, so that one runtime command switches all of it:
 * `<backend>|<app name>` or `<backend>|<app name>|<canary backend>|<canary's share of 10,000>`.
 */
export function routeValue({ route, slots }: Entry): string {
  if (route.maintenance) return `${PAGE_MAINTENANCE}|${route.appName}`;
  const [stable, canary] = route.releases.filter((release) => release.weight > 0);
  if (stable === undefined) return `${PAGE_NO_RELEASE}|${route.appName}`;
  const base = `${slotOf(slots, stable.releaseId)}|${route.appName}`;
  if (canary === undefined || canary.weight >= FULL_WEIGHT) return base;
  return `${base}|${slotOf(slots, canary.releaseId)}|${String(canary.weight)}`;
}

/** Two servers have one name exactly when they have one address, so a name never changes its address. */
export function serverName(backend: { readonly host: string; readonly port: number }): string {
  return `${backend.host.toLowerCase().replaceAll(/[^0-9a-f]/g, '-')}-${String(backend.port)}`;
}

export function serverAddress(backend: { readonly host: string; readonly port: number }): string {
  const host = backend.host.includes(':') ? `[${backend.host}]` : backend.host;
  return `${host}:${String(backend.port)}`;
}

export function desiredOf(table: Table): Desired {
  const hosts = new Map<string, string>();
  const routes = new Map<string, string>();
  const slots = new Map<string, ReadonlyMap<string, string>>();
  const lost = new Map<string, ReadonlySet<string>>();
  for (const [appId, entry] of table) {
    for (const host of entry.route.hosts) hosts.set(host, appId);
    routes.set(appId, routeValue(entry));
    for (const release of entry.route.releases) {
      const slot = slotOf(entry.slots, release.releaseId);
      slots.set(slot, serversOf(release));
      if (release.lost !== undefined) lost.set(slot, new Set(release.lost.map(serverName)));
    }
  }
  return { hosts, routes, slots, lost };
}

function serversOf(release: Route['releases'][number]): Map<string, string> {
  return new Map(release.backends.map((backend) => [serverName(backend), serverAddress(backend)]));
}

function slotOf(slots: Readonly<Record<string, string>>, releaseId: string): string {
  const slot = slots[releaseId];
  if (slot === undefined) throw new Error(`release ${releaseId} has no slot`);
  return slot;
}
