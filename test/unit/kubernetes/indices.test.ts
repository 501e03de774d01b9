import { describe, expect, it } from 'vitest';
import { assignIndices, type Indexed } from '../../../engines/kubernetes/workloads/indices.ts';

const pod = (uid: string, changes: Partial<Indexed> = {}): Indexed => ({
  uid,
  createdAt: Number(uid.replace(/\D/g, '')),
  leaves: false,
  ...changes,
});

describe('indices of replicas', () => {
  it.each([
    ['new ones get them by age', [pod('p2'), pod('p1')], 2, { p1: 1, p2: 2 }],
    ['one that has one keeps it', [pod('p1'), pod('p2', { index: 1 })], 2, { p2: 1, p1: 2 }],
    [
      'a new one fills the gap',
      [pod('p1', { index: 1 }), pod('p3', { index: 3 }), pod('p4')],
      3,
      { p1: 1, p3: 3, p4: 2 },
    ],
    [
      'one that leaves gives its own away',
      [pod('p1', { index: 1, leaves: true }), pod('p2')],
      1,
      { p1: 1, p2: 1 },
    ],
    ['one beyond the wanted moves down', [pod('p3', { index: 3 })], 1, { p3: 1 }],
    [
      'one beyond the wanted stays where it is full',
      [pod('p1', { index: 1 }), pod('p2', { index: 2 })],
      1,
      { p1: 1, p2: 2 },
    ],
    [
      'two of the same are told apart',
      [pod('p1', { index: 1 }), pod('p2', { index: 1 })],
      2,
      { p1: 1, p2: 2 },
    ],
  ])('%s', (_, pods, wanted, expected) => {
    expect(Object.fromEntries(assignIndices(pods, wanted))).toEqual(expected);
    expect(Object.fromEntries(assignIndices(pods.toReversed(), wanted))).toEqual(expected);
  });
});
