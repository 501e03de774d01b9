import { expect, test } from 'vitest';
import { Refusal } from '../../../core/reason.ts';
import type { Route } from '../../../engines/port.ts';
import { GatheredRoutes } from '../../../router/gathered-routes.ts';

function route(appId: string, ...hosts: string[]): Route {
  return { appId, appName: appId, hosts, releases: [], maintenance: false };
}

test('all are made in one change, of an app that came twice the later one', async () => {
  const gathered = new GatheredRoutes();
  const answers = [route('a', 'old'), route('b'), route('a', 'new')].map((one) => gathered.add(one));
  const changes: (readonly Route[])[] = [];
  await gathered.make(async (routes) => void changes.push(routes));
  await Promise.all(answers);
  expect(changes).toEqual([[route('a', 'new'), route('b')]]);
});

test('one that is refused takes no other with it', async () => {
  const gathered = new GatheredRoutes();
  const answers = Promise.allSettled(['a', 'bad', 'c'].map((id) => gathered.add(route(id))));
  const made: string[] = [];
  await gathered.make(async (routes) => {
    if (routes.some(({ appId }) => appId === 'bad')) throw new Refusal(409, 'host_taken', 'taken');
    made.push(...routes.map(({ appId }) => appId));
  });
  expect((await answers).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(made).toEqual(['a', 'c']);
});

test('what fails all of them is tried once, and each is told', async () => {
  const gathered = new GatheredRoutes();
  const answers = Promise.allSettled(['a', 'b'].map((id) => gathered.add(route(id))));
  let tries = 0;
  await gathered.make(async () => {
    tries += 1;
    throw new Refusal(503, 'haproxy_down', 'HAProxy is not up');
  });
  expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(tries).toBe(1);
});
