import { describe, expect, test } from 'vitest';
import type { Evidence, SideEvidence } from '../../../core/canary/decision.ts';
import {
  heldLine,
  lookLine,
  named,
  passedLine,
  promotingLine,
  stepLine,
  takenBackLine,
  workersLine,
} from '../../../core/canary/lines.ts';

const names = { canary: 'v12', stable: 'v11' };
const nothing: SideEvidence = {
  requests: 0,
  errors: 0,
  latencySamples: 0,
  restarts: 0,
  probes: { sent: 0, failed: 0 },
};

function answered(requests: number, errorShare: number, p95: number, samples = requests): SideEvidence {
  return {
    ...nothing,
    requests,
    errors: Math.round(requests * errorShare),
    errorShare,
    latencyP50Ms: p95 / 2,
    latencyP95Ms: p95,
    latencySamples: samples,
  };
}

function evidence(canary: Partial<SideEvidence>, stable: Partial<SideEvidence> = {}): Evidence {
  return {
    canary: { ...nothing, ...canary },
    stable: { ...nothing, ...stable },
    over: 'step',
    seconds: 10,
  };
}

const canarySide = (side: Partial<SideEvidence>): string =>
  lookLine(evidence(side), 10, 30, names)
    .replace(/^10 of 30 s {2}v12: /, '')
    .replace(/ · v11: no requests yet$/, '');

describe('a step', () => {
  const first = { number: 1, of: 3, weight: 500, names, bakeSeconds: 30, replicas: { now: 1, full: 2 } };

  test.each([
    [first, 'Canary step 1 of 3: 5 % of requests go to v12 (1 of 2 replicas), compared with v11 for 30 s'],
    [
      { ...first, number: 3, weight: 5_000, bakeSeconds: 600, replicas: { now: 1, full: 1 } },
      'Canary step 3 of 3: 50 % of requests go to v12 (1 of 1 replica), compared with v11 for 10 min',
    ],
    [
      { ...first, weight: 1_250, replicas: { now: 13, full: 100 } },
      'Canary step 1 of 3: 12.5 % of requests go to v12 (13 of 100 replicas), compared with v11 for 30 s',
    ],
  ])('%#: %s', (step, line) => {
    expect(stepLine(step)).toBe(line);
  });
});

describe('a look', () => {
  test('tells the time, and both sides alike', () => {
    expect(lookLine(evidence(answered(41, 0, 23.4), answered(780, 0.001, 21)), 10.9, 30, names)).toBe(
      '10 of 30 s  v12: 41 requests, 0 % errors, p95 23 ms · v11: 780 requests, 0.1 % errors, p95 21 ms',
    );
  });

  test('after the bake tells only how long it has been', () => {
    expect(lookLine(evidence({}), 1_230, 30, names)).toBe(
      '1,230 s  v12: no requests yet · v11: no requests yet',
    );
  });

  test.each([
    ['nothing at all', {}, 'no requests yet'],
    ['one request', answered(1, 1, 7), '1 request, 100 % errors, p95 7 ms'],
    [
      'very many',
      answered(1_234_567, 0.000_001, 4_096),
      '1,234,567 requests, under 0.01 % errors, p95 4,096 ms',
    ],
    [
      'none measured',
      { requests: 3, errors: 0, errorShare: 0 },
      '3 requests, 0 % errors, no answers measured yet',
    ],
    ['a sample', answered(1_000, 0, 23, 500), '1,000 requests, 0 % errors, p95 23 ms of 500 measured'],
    ['all but those under way', answered(1_000, 0, 23, 990), '1,000 requests, 0 % errors, p95 23 ms'],
    ['less than a millisecond', answered(9, 0, 0.2), '9 requests, 0 % errors, p95 1 ms'],
    ['slower than is measured', answered(9, 0, 32_768), '9 requests, 0 % errors, p95 over 32,768 ms'],
    ['probes alone', { probes: { sent: 240, failed: 0 } }, 'no requests, 240 probes, none failed'],
    ['one probe', { probes: { sent: 1, failed: 1 } }, 'no requests, 1 probe, 1 failed'],
    [
      'requests, and probes that failed',
      { ...answered(9, 0, 2), probes: { sent: 1_240, failed: 1_001 } },
      '9 requests, 0 % errors, p95 2 ms, 1,240 probes, 1,001 failed',
    ],
    [
      'requests, and probes that all passed',
      { ...answered(9, 0, 2), probes: { sent: 240, failed: 0 } },
      '9 requests, 0 % errors, p95 2 ms',
    ],
    ['restarts', { ...answered(9, 0, 2), restarts: 1 }, '9 requests, 0 % errors, p95 2 ms, 1 restart'],
  ])('%s', (_, side, text) => {
    expect(canarySide(side)).toBe(text);
  });
});

test.each([
  ['under way', {}, {}, 6, 'v12: up for 6 of 8 s, no restarts'],
  ['for long enough', {}, {}, 8.4, 'v12: up for 8 s, no restarts'],
  ['that ended', { restarts: 1 }, {}, 6, 'v12: up for 6 of 8 s, 1 restart'],
  [
    'that ended, as others did',
    { restarts: 2 },
    { restarts: 2 },
    6,
    'v12: up for 6 of 8 s, 2 restarts · v11: 2 restarts',
  ],
])('processes without requests %s', (_, canary, stable, seconds, line) => {
  expect(lookLine({ ...evidence(canary, stable), only: 'uptime' }, seconds, 8, names)).toBe(line);
});

test('the names of the releases take the place of the sides', () => {
  expect(named('none failed on the canary, none on stable; the canary’s are unstable', names)).toBe(
    'none failed on v12, none on v11; v12’s are unstable',
  );
});

test.each([
  [
    workersLine(names, '2 worker', 30),
    'v12 runs beside v11 for 30 s (2 worker): without web there are no requests to compare, so it must stay up',
  ],
  [passedLine('3 failed on the canary, 2 on stable', names), 'passed: 3 failed on v12, 2 on v11'],
  [heldLine('the router tells no numbers', names), 'held: the router tells no numbers'],
  [
    heldLine('3 real requests, 240 probes: weak evidence', names, 'shop'),
    'held: 3 real requests, 240 probes: weak evidence; promote: sluice rollouts:promote -a shop, or abort: sluice rollouts:abort -a shop',
  ],
  [
    promotingLine({ names, keepSeconds: 600, hasRequests: true }),
    'Promoting v12: it gets all requests, v11 stays warm for 10 min',
  ],
  [
    promotingLine({ names, keepSeconds: 0, hasRequests: true }),
    'Promoting v12: it gets all requests, v11 stops',
  ],
  [promotingLine({ names, keepSeconds: 0, hasRequests: false }), 'Promoting v12: v11 stops'],
  [
    promotingLine({
      names,
      keepSeconds: 60,
      hasRequests: true,
      weak: '3 real requests, 240 probes: weak evidence',
    }),
    'Promoting v12 (3 real requests, 240 probes: weak evidence): it gets all requests, v11 stays warm for 1 min',
  ],
  [
    takenBackLine(names, '3 of 9 requests failed on the canary, none of 171 on stable', 500),
    'v12 is taken back from 5 % of requests: 3 of 9 requests failed on v12, none of 171 on v11; v11 has all requests',
  ],
  [
    takenBackLine(names, 'the canary ended by itself once', 0),
    'v12 is taken back: v12 ended by itself once; v11 stays live',
  ],
])('%s', (line, text) => {
  expect(line).toBe(text);
});
