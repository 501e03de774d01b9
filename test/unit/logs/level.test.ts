import { describe, expect, test } from 'vitest';
import { LevelFilter, levelOf } from '../../../core/logs/level.ts';
import { momentOf } from '../../../core/logs/since.ts';

describe('the level of a line', () => {
  test.each([
    ['{"level":50,"time":1,"msg":"pino"}', 'error'],
    ['{"level":60}', 'error'],
    ['{"level":40}', 'warn'],
    ['{"level":30}', 'info'],
    ['{"level":10}', 'debug'],
    ['{"severity":"WARNING","message":"gcp"}', 'warn'],
    ['{"levelname":"CRITICAL"}', 'error'],
    ['{"msg":"error without a level"}', undefined],
    ['{"level":"error"', undefined],
    ['ERROR cannot connect', 'error'],
    ['ERROR: cannot connect', 'error'],
    ['error: cannot connect', 'error'],
    ['[error] cannot connect', 'error'],
    ['WARNING:root:deprecated', 'warn'],
    ['2026-11-21 10:00:00,123 INFO started', 'info'],
    ['2026-11-21T10:00:00.123Z WARN slow', 'warn'],
    ['[2026-11-21 10:00:00 +0000] [7] [INFO] Listening', 'info'],
    ['10:00:00 ERROR x', 'error'],
    ['time=2026-11-21T10:00:00Z level=warn msg="slow"', 'warn'],
    ['E1121 10:00:00.000000       1 main.go:1] x', 'error'],
    ['W1121 10:00:00.000000       1 main.go:1] x', 'warn'],
    ['<debug> x', 'debug'],
    ['Traceback (most recent call last):', 'error'],
    ['TypeError: x is not a function', 'error'],
    ['panic: runtime error', 'error'],
    ['npm warn: old', undefined],
    ['Error handling is on', undefined],
    ['GET /error 200', undefined],
    ['0 errors', undefined],
    ['informational', undefined],
    ['', undefined],
  ])('%s → %s', (line, level) => {
    expect(levelOf(line)).toBe(level);
  });

  test('a long line of anything takes no time', () => {
    const began = performance.now();
    for (const text of ['[', '1', 'a ', ' ', '2026-']) levelOf(text.repeat(60_000 / text.length));
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});

test('a stack trace goes with its error, and what comes after does not', () => {
  const filter = new LevelFilter('error');
  const lines = ['started', 'Error: boom', '    at x.js:1', '', '    at y.js:2', 'GET / 200', '   indented'];
  expect(lines.filter((line) => filter.passes(line))).toEqual(lines.slice(1, 5));
});

test('a level has those that are worse with it', () => {
  const filter = new LevelFilter('warn');
  expect(['INFO a', 'WARN b', 'ERROR c', 'd'].filter((line) => filter.passes(line))).toEqual([
    'WARN b',
    'ERROR c',
  ]);
});

const NOW = Date.parse('2026-11-21T10:00:00.000Z');
test.each([
  ['90s', '2026-11-21T09:58:30.000Z'],
  ['10m', '2026-11-21T09:50:00.000Z'],
  ['1h30m', '2026-11-21T08:30:00.000Z'],
  ['2d', '2026-11-19T10:00:00.000Z'],
  ['2026-11-20', '2026-11-20T00:00:00.000Z'],
  ['2026-11-20T12:00:00Z', '2026-11-20T12:00:00.000Z'],
  ['2026-11-20T12:00:00+01:00', '2026-11-20T11:00:00.000Z'],
])('since %s is %s', (text, iso) => {
  expect(new Date(momentOf(text, NOW) ?? 0).toISOString()).toBe(iso);
});

test.each(['', '10', 'm', 'yesterday', '2026-13-45', '10m ', '-5m', '1e9d'])('%j is no moment', (text) => {
  expect(momentOf(text, NOW)).toBeUndefined();
});
