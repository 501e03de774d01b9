import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../../core/manifest/durations.ts';

test.each([
  ['0s', 0],
  ['30s', 30],
  ['10m', 600],
  ['1h', 3600],
  ['1h30m', 5400],
  ['1h0m5s', 3605],
  ['90m', 5400],
])('%s is %d seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

test.each(['', '30', 's', '1.5h', '30s10m', '-5s', '10 m', '5d', '100ms', '1h 30m', '9999999s', '٣s'])(
  '%j is no duration',
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

test.each([0, 1, 59, 60, 61, 3599, 3600, 3661, 86_400])('%d seconds are written and read back', (seconds) => {
  expect(parseDuration(formatDuration(seconds))).toBe(seconds);
});
