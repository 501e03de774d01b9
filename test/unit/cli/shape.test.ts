import { expect, test } from 'vitest';
import { complete, type Shape } from '../../../cli/api/shape.ts';

test.each<[string, unknown, Shape, unknown]>([
  ['what is there stays', { items: [{ a: 1 }], next: 'x' }, { items: [] }, { items: [{ a: 1 }], next: 'x' }],
  ['a list that is lacking is empty', {}, { items: [] }, { items: [] }],
  ['null is lacking, too', { items: null }, { items: [] }, { items: [] }],
  ['so are objects, and what they hold', {}, { step: { probes: {} } }, { step: { probes: {} } }],
  ['what may be absent stays absent', {}, { 'live?': { domains: [] } }, {}],
  [
    'and is completed where it is there',
    { live: {} },
    { 'live?': { domains: [] } },
    { live: { domains: [] } },
  ],
  [
    'in each item of a list',
    [{}, { domains: ['x'] }],
    [{ domains: [] }],
    [{ domains: [] }, { domains: ['x'] }],
  ],
])('%s', (_, value, shape, completed) => {
  expect(complete(value, shape)).toBe(true);
  expect(value).toEqual(completed);
});

test.each<[unknown, Shape]>([
  [undefined, {}],
  ['text', {}],
  [[], {}],
  [{}, []],
  [{ items: {} }, { items: [] }],
  [[1], [{}]],
])('%j is not %j', (value, shape) => {
  expect(complete(value, shape)).toBe(false);
});
