import { expect, test } from 'vitest';
import { Meter, StoredCounts } from '../../../router/meter.ts';

function seen(requests: number, active = 0, errors5xx = 0) {
  return { requests, errors5xx, aborts: 0, active };
}

function counts(meter: Meter, release: string, now = 0) {
  return meter.counts(now).find(({ releaseId }) => releaseId === release);
}

test('a slot that is used again counts only what came after', () => {
  const meter = new Meter();
  meter.attach('p1', new Map([['s1', 'r1']]));
  meter.observe('p1', new Map([['s1', seen(10)]]));
  meter.disown('p1', 's1');
  meter.own('p1', 's1', 'r2');
  meter.observe('p1', new Map([['s1', seen(13, 1, 2)]]));
  expect(counts(meter, 'r1')).toMatchObject({ requests: 10, active: 0 });
  expect(counts(meter, 'r2')).toMatchObject({ requests: 3, active: 1, errors5xx: 2 });
});

test('a new process counts from 0, and the totals go on', () => {
  const meter = new Meter();
  meter.attach('p1', new Map([['s1', 'r1']]));
  meter.observe('p1', new Map([['s1', seen(10, 3)]]));
  meter.detach('p1');
  meter.attach('p2', new Map([['s1', 'r1']]));
  expect(counts(meter, 'r1')).toMatchObject({ requests: 10, active: 0 });
  meter.observe('p2', new Map([['s1', seen(2)]]));
  expect(counts(meter, 'r1')).toMatchObject({ requests: 12 });
});

test('two processes side by side, one of them draining, add up', () => {
  const meter = new Meter();
  meter.attach('old', new Map([['s1', 'r1']]));
  meter.attach('new', new Map([['s2', 'r1']]));
  meter.observe('old', new Map([['s1', seen(5, 1)]]));
  meter.observe('new', new Map([['s2', seen(7, 2)]]));
  expect(counts(meter, 'r1')).toMatchObject({ requests: 12, active: 3 });
});

test('a later router goes on with the same process, and loses nothing', () => {
  const meter = new Meter();
  meter.attach('p1', new Map([['s1', 'r1']]));
  meter.observe('p1', new Map([['s1', seen(10)]]));
  const later = new Meter(StoredCounts.parse(JSON.parse(JSON.stringify(meter.stored('p1')))));
  later.attach('p1', new Map([['s1', 'r1']]));
  later.observe('p1', new Map([['s1', seen(15)]]));
  expect(counts(later, 'r1')).toMatchObject({ requests: 15 });
});

test('a later router that finds another process keeps the totals and counts that one from 0', () => {
  const meter = new Meter();
  meter.attach('p1', new Map([['s1', 'r1']]));
  meter.observe('p1', new Map([['s1', seen(10)]]));
  const later = new Meter(meter.stored('p1'));
  later.attach('p2', new Map([['s1', 'r1']]));
  later.observe('p2', new Map([['s1', seen(4)]]));
  expect(counts(later, 'r1')).toMatchObject({ requests: 14 });
});

test('totals of a release without a slot are told for an hour', () => {
  const meter = new Meter();
  meter.attach('p1', new Map([['s1', 'r1']]));
  meter.observe('p1', new Map([['s1', seen(10)]]));
  meter.disown('p1', 's1');
  expect(counts(meter, 'r1', 1_000)).toMatchObject({ requests: 10 });
  expect(counts(meter, 'r1', 3_600_000)).toMatchObject({ requests: 10 });
  expect(counts(meter, 'r1', 3_601_000)).toMatchObject({ requests: 10 });
  expect(counts(meter, 'r1', 3_601_001)).toBeUndefined();
});
