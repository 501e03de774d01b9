import { PassThrough } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import type { Cluster } from '../../../engines/kubernetes/api/cluster.ts';
import { Reflector } from '../../../engines/kubernetes/api/reflector.ts';
import { eventually } from '../../support/eventually.ts';

const PODS = { path: '/api/v1/pods', labelSelector: 'a=b' };

function pod(name: string, resourceVersion = '1') {
  return { metadata: { namespace: 'n', name, resourceVersion } };
}

/** Answers each list with these pods, and gives each watch to the test. */
function apiServer(...listed: readonly object[][]) {
  const watches: PassThrough[] = [];
  let lists = 0;
  const stream = async (_path: string, query: Readonly<Record<string, string>>): Promise<IncomingMessage> => {
    const answer = new PassThrough();
    if (query['watch'] === 'true') watches.push(answer);
    else {
      const items = listed[Math.min(lists++, listed.length - 1)];
      answer.end(JSON.stringify({ metadata: { resourceVersion: '1' }, items }));
    }
    return answer as unknown as IncomingMessage;
  };
  return { cluster: { stream } as unknown as Cluster, watches, lists: () => lists };
}

function reflector(cluster: Cluster): Reflector<ReturnType<typeof pod>> {
  return new Reflector(cluster, PODS, { set: () => undefined, gone: () => undefined });
}

function names(known: readonly ReturnType<typeof pod>[]): string[] {
  return known.map(({ metadata }) => metadata.name);
}

test('a watch that is too old is listed anew, and that its connection breaks then harms nobody', async () => {
  const { cluster, watches } = apiServer([pod('a')], [pod('b')]);
  const pods = reflector(cluster);
  expect(names(await pods.current())).toEqual(['a']);
  const [first] = watches;
  first?.write(`${JSON.stringify({ type: 'ERROR', object: { code: 410, message: 'too old' } })}\n`);
  await eventually('it is listed anew', () => names(pods.lastKnown()).includes('b'), 5_000);
  first?.destroy(new Error('aborted'));
  await eventually('it watches again', () => watches.length === 2, 5_000);
  expect(names(await pods.current())).toEqual(['b']);
  for (const watch of watches) watch.end();
  await pods.close();
});

test('a watch that breaks is resumed', async () => {
  const { cluster, watches, lists } = apiServer([pod('a')]);
  const pods = reflector(cluster);
  await pods.current();
  expect(pods.silence).toBe(0);
  watches[0]?.destroy(new Error('aborted'));
  await eventually('it watches again', () => watches.length === 2, 5_000);
  watches[1]?.write(`${JSON.stringify({ type: 'ADDED', object: pod('b', '2') })}\n`);
  await eventually('it hears', () => pods.lastKnown().length === 2, 5_000);
  expect(lists()).toBe(1);
  for (const watch of watches) watch.end();
  await pods.close();
});

test('a list without items takes nothing away', async () => {
  const { cluster, watches } = apiServer([pod('a')], undefined as unknown as object[], [pod('a'), pod('b')]);
  const pods = reflector(cluster);
  await pods.current();
  watches[0]?.write(`${JSON.stringify({ type: 'ERROR', object: { code: 410 } })}\n`);
  await eventually('the one after it counts', () => names(pods.lastKnown()).join(' ') === 'a b', 5_000);
  for (const watch of watches) watch.end();
  await pods.close();
});

test('the answer to a write that comes after the word of its end brings nothing back', async () => {
  const { cluster, watches } = apiServer([pod('a')]);
  const pods = reflector(cluster);
  await pods.current();
  watches[0]?.write(`${JSON.stringify({ type: 'DELETED', object: pod('a', '7') })}\n`);
  await eventually('it is gone', () => pods.lastKnown().length === 0, 5_000);
  pods.take(pod('a', '6'));
  expect(pods.lastKnown()).toEqual([]);
  pods.take(pod('a', '8'));
  expect(pods.lastKnown()).toEqual([pod('a', '8')]);
  for (const watch of watches) watch.end();
  await pods.close();
});

test('what was made is known before the watch tells of it', async () => {
  const { cluster, watches } = apiServer([pod('a', '1')]);
  const pods = reflector(cluster);
  pods.take(pod('early', '1'));
  expect(names(pods.lastKnown())).toEqual(['early']);
  await pods.current();
  pods.take(pod('b', '2'));
  expect(names(pods.lastKnown())).toEqual(['a', 'b']);
  pods.take(pod('b', '3'));
  expect(pods.get('n', 'b')).toEqual(pod('b', '3'));
  for (const watch of watches) watch.end();
  await pods.close();
});
