import { describe, expect, test } from 'vitest';
import { NO_LATENCY } from '../../../core/canary/latency.ts';
import { Meter, StoredCounts } from '../../../router/meter.ts';

function seen(requests: number, active = 0, errors5xx = 0, unanswered = 0, unreached = 0) {
  return { requests, errors5xx, aborts: 0, unreached, broken: 0, active, unanswered };
}

/** Answers in the first buckets. */
function timed(...first: number[]) {
  return [...first, ...NO_LATENCY.slice(first.length)];
}

function later(meter: Meter, process: string) {
  return new Meter(StoredCounts.parse(JSON.parse(JSON.stringify(meter.stored(process)))));
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
  const next = later(meter, 'p1');
  next.attach('p1', new Map([['s1', 'r1']]));
  next.observe('p1', new Map([['s1', seen(15)]]));
  expect(counts(next, 'r1')).toMatchObject({ requests: 15 });
});

test('a later router that finds another process keeps the totals and counts that one from 0', () => {
  const meter = new Meter();
  meter.attach('p1', new Map([['s1', 'r1']]));
  meter.observe('p1', new Map([['s1', seen(10)]]));
  const next = later(meter, 'p1');
  next.attach('p2', new Map([['s1', 'r1']]));
  next.observe('p2', new Map([['s1', seen(4)]]));
  expect(counts(next, 'r1')).toMatchObject({ requests: 14 });
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

test('a later router does not give a slot to another release with what it counted before', () => {
  const meter = new Meter();
  meter.attach('p1', new Map([['s1', 'r1']]));
  meter.observe('p1', new Map([['s1', seen(10, 0, 0, 1)]]), new Map([['s1', timed(0, 10)]]));
  meter.observe('p1', new Map([['s1', seen(10, 0, 0, 1)]]), new Map([['s1', timed(0, 10)]]));
  meter.disown('p1', 's1');
  const next = later(meter, 'p1');
  next.attach('p1', new Map([['s1', 'r2']]));
  next.observe('p1', new Map([['s1', seen(13, 0, 0, 1)]]), new Map([['s1', timed(0, 12)]]));
  expect(counts(next, 'r2')).toMatchObject({ requests: 3, aborts: 0, latency: timed(0, 2) });
  expect(counts(next, 'r1')).toMatchObject({ requests: 11, aborts: 1, latency: timed(0, 10) });
});

test('times are the differences of what the slot holds, and go on in a new process', () => {
  const meter = new Meter();
  meter.attach('p1', new Map([['s1', 'r1']]));
  for (const now of [timed(1), timed(1, 2), timed(3, 2)]) {
    meter.observe('p1', new Map([['s1', seen(9)]]), new Map([['s1', now]]));
    expect(counts(meter, 'r1')?.latency).toEqual(now);
  }
  meter.detach('p1');
  meter.attach('p2', new Map([['s1', 'r1']]));
  meter.observe('p2', new Map([['s1', seen(0)]]), new Map());
  meter.observe('p2', new Map([['s1', seen(1)]]), new Map([['s1', timed(0, 0, 1)]]));
  expect(counts(meter, 'r1')?.latency).toEqual(timed(3, 2, 1));
});

test('a time that HAProxy has forgotten does not go back, and counts anew', () => {
  const meter = new Meter();
  meter.attach('p1', new Map([['s1', 'r1']]));
  for (const now of [timed(5, 7), timed(0, 7), timed(2, 7)])
    meter.observe('p1', new Map(), new Map([['s1', now]]));
  expect(counts(meter, 'r1')?.latency).toEqual(timed(7, 7));
});

test('what was told does not change afterwards', () => {
  const meter = new Meter();
  meter.attach('p1', new Map([['s1', 'r1']]));
  meter.observe('p1', new Map([['s1', seen(1)]]), new Map([['s1', timed(1)]]));
  const told = counts(meter, 'r1');
  meter.observe('p1', new Map([['s1', seen(2)]]), new Map([['s1', timed(2)]]));
  expect(told).toMatchObject({ requests: 1, latency: timed(1) });
});

test('requests without an answer are aborts once two looks agree, so what was only under way is none', () => {
  const meter = new Meter();
  meter.attach('p1', new Map([['s1', 'r1']]));
  const look = (unanswered: number) => meter.observe('p1', new Map([['s1', seen(10, 0, 0, unanswered)]]));
  expect([look(0), look(2), look(0)]).toEqual(['settled', 'unsettled', 'settled']);
  expect(counts(meter, 'r1')).toMatchObject({ requests: 10, aborts: 0 });
  expect([look(3), look(3)]).toEqual(['unsettled', 'settled']);
  expect(counts(meter, 'r1')).toMatchObject({ requests: 13, aborts: 3 });
  expect([look(-1), look(5), look(4)]).toEqual(['settled', 'unsettled', 'settled']);
  expect(counts(meter, 'r1')).toMatchObject({ requests: 14, aborts: 4 });
  const next = later(meter, 'p1');
  next.attach('p1', new Map([['s1', 'r1']]));
  for (const unanswered of [4, 4, 5, 5]) next.observe('p1', new Map([['s1', seen(10, 0, 0, unanswered)]]));
  expect(counts(next, 'r1')).toMatchObject({ requests: 15, aborts: 5 });
});

test('a process that is not attached counts nothing', () => {
  expect(new Meter().observe('p1', new Map([['s1', seen(1)]]))).toBe('unknown');
});

test('the file of an older router is read', () => {
  const stored = StoredCounts.parse({
    process: 'p1',
    slots: { s1: { release: 'r1', raw: { requests: 10, errors5xx: 1, aborts: 0 } } },
    releases: { r1: { requests: 30, errors5xx: 1, aborts: 0 } },
  });
  const meter = new Meter(stored);
  meter.attach('p1', new Map([['s1', 'r1']]));
  meter.observe('p1', new Map([['s1', seen(12, 0, 1)]]), new Map([['s1', timed(1)]]));
  expect(counts(meter, 'r1')).toEqual({
    releaseId: 'r1',
    requests: 32,
    errors5xx: 1,
    aborts: 0,
    unreached: 0,
    active: 0,
    latency: timed(1),
  });
});

test('times in other buckets than now are left out of what is stored', () => {
  const totals = { requests: 1, errors5xx: 0, aborts: 0 };
  const meter = new Meter(
    StoredCounts.parse({ slots: {}, releases: { r1: { ...totals, latency: [1, 2, 3] } } }),
  );
  expect(counts(meter, 'r1')).toMatchObject({ requests: 1, latency: NO_LATENCY });
});

test('what reached no replica is counted apart, and takes nothing back that was told', () => {
  const meter = new Meter();
  meter.attach('p1', new Map([['s1', 'r1']]));
  meter.observe('p1', new Map([['s1', seen(10, 1, 2)]]));
  // HAProxy has counted the failed connection, and not yet the request that ends by it.
  meter.observe('p1', new Map([['s1', seen(9, 1, 1, 0, 1)]]));
  expect(counts(meter, 'r1')).toMatchObject({ requests: 10, errors5xx: 2, unreached: 1 });
  meter.observe('p1', new Map([['s1', seen(10, 0, 2, 0, 1)]]));
  expect(counts(meter, 'r1')).toMatchObject({ requests: 10, errors5xx: 2, unreached: 1 });
  const next = later(meter, 'p1');
  next.attach('p1', new Map([['s1', 'r1']]));
  next.observe('p1', new Map([['s1', seen(11, 0, 2, 0, 4)]]));
  expect(counts(next, 'r1')).toMatchObject({ requests: 11, errors5xx: 2, unreached: 4 });
});

describe('what is broken off while a replica leaves', () => {
  const both = new Map([['s1', 'r1']]);
  const open = (requests: number) => new Map([['s1', new Map([['one', requests]])]]);
  const cut = (requests: number, aborts: number, broken = 0) =>
    new Map([['s1', { ...seen(requests), aborts, broken, errors5xx: broken }]]);

  function leaving(requests: number): Meter {
    const meter = new Meter();
    meter.attach('p1', both);
    meter.observe('p1', cut(10, 0));
    meter.leave('p1', open(requests));
    return meter;
  }

  test('may have gone with it, as much as was open on it', () => {
    const meter = leaving(2);
    meter.observe('p1', cut(13, 2, 1));
    expect(counts(meter, 'r1')).toMatchObject({ requests: 11, aborts: 0, errors5xx: 1, unreached: 2 });
    meter.observe('p1', cut(14, 3, 1));
    expect(counts(meter, 'r1')).toMatchObject({ requests: 12, aborts: 1, errors5xx: 1, unreached: 2 });
  });

  test('may be a page that HAProxy gave, or a connection that it closed', () => {
    const meter = leaving(3);
    meter.observe('p1', new Map([['s1', { ...seen(11, 0, 1, 1), broken: 1 }]]));
    meter.observe('p1', new Map([['s1', { ...seen(11, 0, 1, 1), broken: 1 }]]));
    expect(counts(meter, 'r1')).toMatchObject({ requests: 10, aborts: 0, errors5xx: 0, unreached: 2 });
  });

  test('is no more than what has ended', () => {
    const meter = leaving(5);
    // HAProxy counts the broken answer before the page that it gives.
    meter.observe('p1', new Map([['s1', { ...seen(10), broken: 2 }]]));
    expect(counts(meter, 'r1')).toMatchObject({ requests: 10, errors5xx: 0, unreached: 0 });
  });

  test('is the release’s again once the replica is gone and was looked at once more', () => {
    const meter = leaving(5);
    const isLeaving = () => false;
    meter.left('p1', isLeaving);
    meter.observe('p1', cut(11, 1));
    meter.left('p1', isLeaving);
    meter.observe('p1', cut(12, 2));
    expect(counts(meter, 'r1')).toMatchObject({ requests: 11, aborts: 1, unreached: 1 });
  });

  test('hides no answer of the release', () => {
    const meter = leaving(5);
    meter.observe('p1', new Map([['s1', seen(15, 0, 5)]]));
    expect(counts(meter, 'r1')).toMatchObject({ requests: 15, errors5xx: 5, unreached: 0 });
  });
});

describe('what was broken off a moment ago', () => {
  const owners = new Map([['s1', 'r1']]);
  const none = new Map([['s1', new Map([['one', 0]])]]);

  function broken(): Meter {
    const meter = new Meter(undefined, 1_500);
    meter.attach('p1', owners);
    meter.observe('p1', new Map([['s1', seen(10)]]), undefined, 0);
    meter.observe(
      'p1',
      new Map([['s1', { ...seen(16), aborts: 2, broken: 1, errors5xx: 3 }]]),
      undefined,
      1_000,
    );
    return meter;
  }

  test('is not told yet, but all else is', () => {
    expect(counts(broken(), 'r1')).toMatchObject({ requests: 13, errors5xx: 2, aborts: 0, unreached: 0 });
  });

  test('is the release’s when no news has come that its replica was taken away', () => {
    const meter = broken();
    const same = new Map([['s1', { ...seen(16), aborts: 2, broken: 1, errors5xx: 3 }]]);
    meter.observe('p1', same, undefined, 2_400);
    expect(counts(meter, 'r1')).toMatchObject({ requests: 13 });
    meter.observe('p1', same, undefined, 2_500);
    expect(counts(meter, 'r1')).toMatchObject({ requests: 16, errors5xx: 3, aborts: 2, unreached: 0 });
    meter.leave('p1', none);
    expect(counts(meter, 'r1')).toMatchObject({ requests: 16, errors5xx: 3, aborts: 2, unreached: 0 });
  });

  test('is no evidence when the news comes', () => {
    const meter = broken();
    meter.leave('p1', none);
    meter.observe(
      'p1',
      new Map([['s1', { ...seen(16), aborts: 2, broken: 1, errors5xx: 3 }]]),
      undefined,
      9_000,
    );
    expect(counts(meter, 'r1')).toMatchObject({ requests: 13, errors5xx: 2, aborts: 0, unreached: 3 });
  });
});
