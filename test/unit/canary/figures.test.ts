import { expect, test } from 'vitest';
import { counted, lasting, percent, points } from '../../../core/canary/figures.ts';

test.each([
  [0, '0 %'],
  [0.000_001, 'under 0.01 %'],
  [0.000_099, 'under 0.01 %'],
  [0.0001, '0.01 %'],
  [0.0005, '0.05 %'],
  [0.001, '0.1 %'],
  [0.009_96, '1 %'],
  [0.01, '1 %'],
  [0.0314, '3.1 %'],
  [0.0999, '10 %'],
  [1 / 3, '33 %'],
  [0.989, '99 %'],
  [0.9999, '99.9 %'],
  [1, '100 %'],
])('a share of %d is written %s', (share, text) => {
  expect(percent(share)).toBe(text);
});

test('only no failure at all is 0 %, and only failures alone are 100 %', () => {
  for (let of = 1; of < 30_000; of = Math.ceil(of * 1.7)) {
    expect(percent(1 / of) === '0 %').toBe(false);
    expect(percent((of - 1) / of) === '100 %').toBe(false);
  }
});

test.each([
  [0, '0 points'],
  [0.01, '1 point'],
  [0.029, '2.9 points'],
  [0.002, '0.2 points'],
])('a difference of %d is %s', (difference, text) => {
  expect(points(difference)).toBe(text);
});

test.each([
  [0, '0 requests'],
  [1, '1 request'],
  [2, '2 requests'],
  [999, '999 requests'],
  [1_000, '1,000 requests'],
  [1_234_567, '1,234,567 requests'],
])('%d of them are %s', (count, text) => {
  expect(counted(count, 'request')).toBe(text);
});

test.each([
  [0, '0 s'],
  [1, '1 s'],
  [30, '30 s'],
  [90, '1 min 30 s'],
  [600, '10 min'],
  [3_600, '1 h'],
  [5_400, '1 h 30 min'],
  [86_400, '24 h'],
])('%d seconds are %s', (seconds, text) => {
  expect(lasting(seconds)).toBe(text);
});
