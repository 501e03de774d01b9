import { expect, test } from 'vitest';
import type { Endpoint } from '../../../core/endpoints.ts';
import type { Route } from '../../../engines/port.ts';
import { ToldRoutes } from '../../../router/follow/told-routes.ts';

const service = { namespace: 'n', name: 'web-v1' };

function route(appId: string, ...hosts: string[]): Route {
  return {
    appId,
    appName: appId,
    hosts: [`${appId}.localhost`],
    releases: [{ releaseId: 'v1', weight: 10_000, backends: hosts.map(at), service }],
    maintenance: false,
  };
}

function at(host: string): { host: string; port: number } {
  return { host, port: 8080 };
}

function hostsOf(effective: Route | undefined): string[] | undefined {
  return effective?.releases[0]?.backends.map(({ host }) => host);
}

/** What the cluster says: hosts that are ready. */
function cluster(): { say(...hosts: string[]): void; endpoints: { of(): readonly Endpoint[] | undefined } } {
  let said: Endpoint[] | undefined;
  return {
    say: (...hosts) => {
      said = hosts.map((host) => ({ ...at(host), ready: true, terminating: false }));
    },
    endpoints: { of: () => said },
  };
}

test('a release without a Service is as the server says', () => {
  const { endpoints, say } = cluster();
  say('3');
  const told = new ToldRoutes(endpoints, []);
  const { service: _, ...release } = route('shop', '1').releases[0] as Route['releases'][number];
  told.set({ ...route('shop'), releases: [release] });
  expect(hostsOf(told.effective('shop', undefined))).toEqual(['1']);
});

test('what is on disk holds until the server has been away for long, then the cluster knows better', () => {
  const { endpoints, say } = cluster();
  const stored = route('shop', '1', '2');
  const told = new ToldRoutes(endpoints, [stored]);
  say('1', '2', '3');
  expect(hostsOf(told.effective('shop', stored))).toEqual(['1', '2']);
  told.expire();
  expect(hostsOf(told.effective('shop', stored))).toEqual(['1', '2', '3']);
});

test('of a server that is back, only what it has said since holds, until it has said all', () => {
  const { endpoints, say } = cluster();
  const told = new ToldRoutes(endpoints, [route('shop', '1'), route('blog', '1')]);
  say('1', '2');
  told.expire();
  told.begin();
  told.set(route('shop', '1'));
  expect(hostsOf(told.effective('shop', undefined))).toEqual(['1']);
  expect(hostsOf(told.effective('blog', undefined))).toEqual(['1', '2']);
  told.replace([route('shop', '1'), route('blog', '1')]);
  expect(hostsOf(told.effective('blog', undefined))).toEqual(['1']);
});

test('what the whole table leaves out is gone', () => {
  const told = new ToldRoutes(cluster().endpoints, [route('shop', '1'), route('blog', '1')]);
  told.replace([route('shop', '1')]);
  expect(told.effective('blog', undefined)).toBeUndefined();
  expect(told.appsOf()).toEqual(['shop']);
});

test('an app is found by its Service', () => {
  const told = new ToldRoutes(cluster().endpoints, [route('shop', '1')]);
  expect(told.appsOf({ ...service })).toEqual(['shop']);
  expect(told.appsOf({ namespace: 'n', name: 'web-v2' })).toEqual([]);
});
