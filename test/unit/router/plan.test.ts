import { describe, expect, test } from 'vitest';
import { leavers, note, plan } from '../../../router/routing/plan.ts';
import type { Change } from '../../../router/routing/plan.ts';
import type { Actual, Desired } from '../../../router/routing/picture.ts';

function actual(parts: Partial<Actual> = {}): Actual {
  return { hosts: new Map(), routes: new Map(), slots: new Map(), ...parts };
}

function desired(parts: Partial<Desired> = {}): Desired {
  return { hosts: new Map(), routes: new Map(), slots: new Map(), lost: new Map(), ...parts };
}

function all({ open, turn, close, cut }: ReturnType<typeof plan>): Change[] {
  return [...open, ...turn, ...close, ...cut];
}

test('nothing is done when HAProxy holds what it should', () => {
  const same = { hosts: new Map([['a.test', 'a']]), routes: new Map([['a', 'rel_0001|a']]) };
  const held = actual({ ...same, slots: new Map([['rel_0001', new Map([['s', 'ready']])]]) });
  const wanted = desired({ ...same, slots: new Map([['rel_0001', new Map([['s', '10.0.0.1:80']])]]) });
  expect(all(plan(held, wanted))).toEqual([]);
});

test('a switch opens the new servers, then turns the map, then closes the old ones', () => {
  const held = actual({
    hosts: new Map([['a.test', 'a']]),
    routes: new Map([['a', 'rel_0001|a']]),
    slots: new Map([['rel_0001', new Map([['old', 'ready']])]]),
  });
  const wanted = desired({
    hosts: new Map([['a.test', 'a']]),
    routes: new Map([['a', 'rel_0002|a']]),
    slots: new Map([['rel_0002', new Map([['new', '10.0.0.2:80']])]]),
  });
  expect(plan(held, wanted)).toEqual({
    open: [
      { kind: 'add-server', slot: 'rel_0002', server: 'new', address: '10.0.0.2:80' },
      { kind: 'ready', slot: 'rel_0002', server: 'new' },
    ],
    turn: [{ kind: 'map-set', map: 'routes', key: 'a', value: 'rel_0002|a' }],
    close: [{ kind: 'leave', slot: 'rel_0001', server: 'old' }],
    cut: [],
  });
});

test('what is open on a lost server is ended, unless there is no other', () => {
  const held = actual({
    slots: new Map([
      [
        'rel_0001',
        new Map([
          ['gone', 'ready'],
          ['left', 'leaving'],
          ['slow', 'leaving'],
        ]),
      ],
      ['rel_0002', new Map([['only', 'ready']])],
    ]),
  });
  const wanted = desired({
    slots: new Map([
      ['rel_0001', new Map()],
      ['rel_0002', new Map([['only', '10.0.0.1:80']])],
    ]),
    lost: new Map([
      ['rel_0001', new Set(['gone', 'left', 'never'])],
      ['rel_0002', new Set(['only'])],
    ]),
  });
  const { close, cut } = plan(held, wanted);
  expect(close).toEqual([{ kind: 'leave', slot: 'rel_0001', server: 'gone' }]);
  expect(cut).toEqual([
    { kind: 'cut', slot: 'rel_0001', server: 'gone' },
    { kind: 'cut', slot: 'rel_0001', server: 'left' },
  ]);
});

test('a leaving server that is wanted again is only made ready', () => {
  const held = actual({ slots: new Map([['rel_0001', new Map([['s', 'leaving']])]]) });
  const wanted = desired({ slots: new Map([['rel_0001', new Map([['s', '10.0.0.1:80']])]]) });
  expect(all(plan(held, wanted))).toEqual([{ kind: 'ready', slot: 'rel_0001', server: 's' }]);
});

test('hosts point at routes that exist: routes come first and go last', () => {
  const held = actual({ hosts: new Map([['old.test', 'old']]), routes: new Map([['old', 'x|old']]) });
  const wanted = desired({ hosts: new Map([['new.test', 'new']]), routes: new Map([['new', 'x|new']]) });
  expect(plan(held, wanted).turn).toEqual([
    { kind: 'map-add', map: 'routes', key: 'new', value: 'x|new' },
    { kind: 'map-add', map: 'hosts', key: 'new.test', value: 'new' },
    { kind: 'map-delete', map: 'hosts', key: 'old.test' },
    { kind: 'map-delete', map: 'routes', key: 'old' },
  ]);
});

describe('after its changes were made', () => {
  test.each([
    { from: actual(), name: 'nothing' },
    {
      from: actual({
        hosts: new Map([['b.test', 'b']]),
        routes: new Map([
          ['b', 'y|b'],
          ['a', 'y|a'],
        ]),
        slots: new Map([['rel_0002', new Map([['gone', 'ready']])]]),
      }),
      name: 'another table',
    },
  ])('a plan from $name leads to what is wanted', ({ from }) => {
    const wanted = desired({
      hosts: new Map([['a.test', 'a']]),
      routes: new Map([['a', 'rel_0001|a']]),
      slots: new Map([['rel_0001', new Map([['s', '10.0.0.1:80']])]]),
    });
    for (const change of all(plan(from, wanted))) note(from, change);
    expect(all(plan(from, wanted))).toEqual([]);
    for (const change of leavers(from)) note(from, change);
    expect(from.slots.get('rel_0001')).toEqual(new Map([['s', 'ready']]));
    expect(from.slots.get('rel_0002')?.size ?? 0).toBe(0);
  });
});
