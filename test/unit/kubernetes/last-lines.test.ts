import { expect, test } from 'vitest';
import { LastLines } from '../../../engines/kubernetes/workloads/last-lines.ts';
import type { StampedLine } from '../../../engines/logs/log-lines.ts';

const KIB = 1024;

function line(number: number, text: string): StampedLine {
  const at = number * 1_000;
  return { stamp: new Date(at).toISOString(), at, text };
}

function bytesOf(lines: readonly StampedLine[]): number {
  return lines.reduce((sum, { stamp, text }) => sum + stamp.length + Buffer.byteLength(text), 0);
}

test.each([
  ['long', 16 * KIB],
  ['short', 20],
  ['empty', 0],
])('%s lines without end take no more than they may, and the newest stay', (_, length) => {
  const lines = new LastLines();
  for (let number = 0; number < 20_000; number += 1) {
    lines.add(line(number, 'ä'.repeat(length / 2)), 256 * KIB);
    if (number % 1_000 === 0) expect(bytesOf(lines.all())).toBeLessThanOrEqual(320 * KIB);
  }
  const kept = lines.all();
  expect(kept.at(-1)?.at).toBe(19_999_000);
  expect(kept.map(({ at }) => at)).toEqual(
    kept.map((_line, index) => (20_000 - kept.length + index) * 1_000),
  );
  expect(kept.length).toBeGreaterThan(10);
});

test('what fits stays whole', () => {
  const lines = new LastLines();
  for (let number = 0; number < 100; number += 1) lines.add(line(number, 'x'), 256 * KIB);
  expect(lines.all()).toHaveLength(100);
});

test('when less is left for it, it takes less from the next line on', () => {
  const lines = new LastLines();
  for (let number = 0; number < 1_000; number += 1) lines.add(line(number, 'x'.repeat(KIB)), 1024 * KIB);
  lines.add(line(1_000, 'last'), 128 * KIB);
  expect(bytesOf(lines.all())).toBeLessThanOrEqual(128 * KIB);
  expect(lines.all().at(-1)?.text).toBe('last');
});
