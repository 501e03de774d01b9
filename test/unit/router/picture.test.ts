import { describe, expect, test } from 'vitest';
import { hostClash } from '../../../core/host-clash.ts';
import type { Route, RouteRelease } from '../../../engines/port.ts';
import { desiredOf, routeValue, serverAddress, serverName } from '../../../router/routing/picture.ts';
import { assignSlots, slotName } from '../../../router/routing/table.ts';

function route(releases: RouteRelease[], extra: Partial<Route> = {}): Route {
  return { appId: 'a1', appName: 'shop', hosts: ['shop.localhost'], releases, maintenance: false, ...extra };
}

function release(releaseId: string, weight: number): RouteRelease {
  return { releaseId, weight, backends: [{ host: '10.0.0.1', port: 8080 }] };
}

const slots = { r1: 'rel_0001', r2: 'rel_0002', r3: 'rel_0003' };

test.each([
  { name: 'one release', value: 'rel_0001|shop', given: route([release('r1', 10_000)]) },
  {
    name: 'an old one at 0',
    value: 'rel_0002|shop',
    given: route([release('r1', 0), release('r2', 10_000)]),
  },
  {
    name: 'a canary',
    value: 'rel_0001|shop|rel_0002|500',
    given: route([release('r1', 9_500), release('r2', 500)]),
  },
  {
    name: 'a canary beside one that drains',
    value: 'rel_0002|shop|rel_0003|1',
    given: route([release('r1', 0), release('r2', 9_999), release('r3', 1)]),
  },
  { name: 'no release', value: 'page_no_release|shop', given: route([]) },
  {
    name: 'maintenance',
    value: 'page_maintenance|shop',
    given: route([release('r1', 10_000)], { maintenance: true }),
  },
])('the map says where requests go: $name', ({ given, value }) => {
  expect(routeValue({ route: given, slots })).toBe(value);
});

test('a release of weight 0 keeps its servers, so that its open requests can end', () => {
  const entry = { route: route([release('r1', 0), release('r2', 10_000)]), slots };
  expect([...desiredOf(new Map([['a1', entry]])).slots.keys()]).toEqual(['rel_0001', 'rel_0002']);
});

describe('servers', () => {
  test.each([
    { host: '10.0.0.1', port: 80, name: '10-0-0-1-80', address: '10.0.0.1:80' },
    { host: 'fd00::A', port: 8080, name: 'fd00--a-8080', address: '[fd00::A]:8080' },
  ])('$address is named after its address', ({ host, port, name, address }) => {
    expect(serverName({ host, port })).toBe(name);
    expect(serverAddress({ host, port })).toBe(address);
  });
});

describe('slots', () => {
  test('a release keeps its slot and a new one takes the next free one', () => {
    const releases = [release('r1', 0), release('r9', 10_000)];
    expect(assignSlots(releases, { r1: 'rel_0001', r0: 'rel_0002' }, ['rel_0007', 'rel_0008'])).toEqual({
      r1: 'rel_0001',
      r9: 'rel_0007',
    });
  });

  test('too few free ones are told', () => {
    expect(assignSlots([release('r1', 5_000), release('r2', 5_000)], {}, ['rel_0001'])).toBeUndefined();
  });

  test('names sort as they count, for as many as a machine can hold', () => {
    expect([slotName(1), slotName(9_999), slotName(10_000)]).toEqual(['rel_0001', 'rel_9999', 'rel_10000']);
  });
});

test('a host of two apps is a clash; one named twice by one app is not', () => {
  const one = route([], { appId: 'a1', hosts: ['x.test', 'x.test'] });
  const two = route([], { appId: 'a2', appName: 'other', hosts: ['y.test', 'x.test'] });
  expect(hostClash([one])).toBeUndefined();
  expect(hostClash([one, two])).toMatchObject({
    host: 'x.test',
    first: { appId: 'a1' },
    second: { appId: 'a2' },
  });
});
