import { expect, test } from 'vitest';
import { backendsOf } from '../../../core/endpoints.ts';
import type { Endpoint, Seen } from '../../../core/endpoints.ts';

/** `1`: ready; `1-`: not ready; `1x`: ends. */
function endpoint(word: string): Endpoint {
  return {
    host: `10.0.0.${word[0] ?? ''}`,
    port: 8080,
    ready: word.length === 1,
    terminating: word[1] === 'x',
  };
}

function backends(words: string): { host: string; port: number }[] {
  return words.split(' ').flatMap((word) => (word === '' ? [] : { host: `10.0.0.${word}`, port: 8080 }));
}

function seen(told: string, endpoints: string | undefined, used = told): Omit<Seen, 'current'> {
  return {
    told: backends(told),
    endpoints: endpoints?.split(' ').flatMap((word) => (word === '' ? [] : endpoint(word))),
    used: backends(used),
  };
}

test.each([
  { told: '1 2', endpoints: undefined, wanted: '1 2', why: 'nobody watches' },
  { told: '1 2', endpoints: '', wanted: '1 2', why: 'an empty list takes nothing away' },
  { told: '1 2', endpoints: '1 2', wanted: '1 2', why: 'both agree' },
  { told: '1 2', endpoints: '1 2x', wanted: '1', why: 'one ends' },
  { told: '1 2', endpoints: '1', wanted: '1', why: 'one is gone' },
  { told: '1 2', endpoints: '1 2-', wanted: '1 2', why: 'the server asked over HTTP, the cluster did not' },
  { told: '1', endpoints: '1 2', wanted: '1', why: 'the server knows why it leaves out one that listens' },
  { told: '1', endpoints: '1x', wanted: '1', why: 'one that ends is better than none' },
  { told: '1', endpoints: '2x', wanted: '1', why: 'the server knows of it sooner' },
  { told: '1 2', endpoints: '1x 2x', wanted: '1 2', why: 'all end' },
  {
    told: '1 2',
    endpoints: '1x 2x 3',
    wanted: '3',
    why: 'the server does not know yet what came in their place',
  },
  { told: '1 2', endpoints: '3', wanted: '3', why: 'the server does not know yet what came in their place' },
  { told: '1 2', endpoints: '1x 3-', wanted: '1 2', why: 'what came in their place is not ready' },
  { told: '1', endpoints: '', used: '2', wanted: '2', why: 'the last known good one came in its place' },
  { told: '1', endpoints: '', used: '', wanted: '1', why: 'it has just been told' },
  { told: '', endpoints: '1 2', wanted: '', why: 'the server says that there are none' },
  { told: '', endpoints: undefined, wanted: '', why: 'the server says that there are none' },
])('server $told, cluster $endpoints: $wanted, as $why', ({ told, endpoints, used, wanted }) => {
  expect(backendsOf({ ...seen(told, endpoints, used), current: true })).toEqual(backends(wanted));
});

test.each([
  { told: '1 2', endpoints: undefined, used: '1 2', wanted: '1 2', why: 'nobody watches' },
  { told: '1 2', endpoints: '', used: '1 2', wanted: '1 2', why: 'an empty list takes nothing away' },
  { told: '1 2', endpoints: '', used: '3', wanted: '3', why: 'the last known good one is a later one' },
  {
    told: '1 2',
    endpoints: undefined,
    used: '3',
    wanted: '3',
    why: 'the last known good one is a later one',
  },
  { told: '1 2', endpoints: '1 3', used: '1 2', wanted: '1 3', why: 'one came in place of another' },
  { told: '1 2', endpoints: '1 2-', used: '1 2', wanted: '1', why: 'nobody else looks whether it is well' },
  { told: '1 2', endpoints: '1x 2x 3', used: '1 2', wanted: '3', why: 'only a new one stays' },
  { told: '1 2', endpoints: '1- 2-', used: '1 2', wanted: '1 2', why: 'an ill one is better than none' },
  {
    told: '1 2',
    endpoints: '1- 2x',
    used: '1 2',
    wanted: '1',
    why: 'an ill one is better than one that ends',
  },
  { told: '1 2', endpoints: '3-', used: '1 2', wanted: '1 2', why: 'a new one is not there yet' },
  { told: '', endpoints: '1', used: '', wanted: '1', why: 'it has come since' },
  { told: '', endpoints: '', used: '', wanted: '', why: 'nothing is known' },
  { told: '1', endpoints: '', used: '', wanted: '1', why: 'it has just been told' },
])('server away, said $told, cluster $endpoints, used $used: $wanted, as $why', (row) => {
  expect(backendsOf({ ...seen(row.told, row.endpoints, row.used), current: false })).toEqual(
    backends(row.wanted),
  );
});
