import { describe, expect, test } from 'vitest';
import { keptReleases } from '../../../server/retention/kept-releases.ts';
import { merged } from '../../../server/retention/periods.ts';
import { type EndedLog, logsToLetGo, refsToLetGo } from '../../../server/retention/terms.ts';
import { FLOOR_BYTES, isFull, pressure, type Usage, usageShown } from '../../../server/retention/usage.ts';

const DAY = 24 * 3_600_000;
const NOW = 1_000 * DAY;
const PLENTY = 100 * FLOOR_BYTES;

const log = (id: string, days: number, bytes = 10): EndedLog => ({ id, endedAt: NOW - days * DAY, bytes });

describe('build logs', () => {
  const logs = [log('new', 1), log('week', 7), log('fresh', 8), log('old', 30), log('older', 89)];
  test.each<[string, EndedLog[], number, string[]]>([
    ['none before 90 days', logs, 0, []],
    ['all after 90 days', [...logs, log('gone', 91), log('long gone', 400)], 0, ['long gone', 'gone']],
    ['where it presses the oldest first', logs, 5, ['older']],
    ['as many as are needed', logs, 15, ['older', 'old']],
    ['what goes by its age counts', [...logs, log('gone', 91)], 10, ['gone']],
    ['never those of the last seven days', logs, 1_000, ['older', 'old', 'fresh']],
    ['none there', [], 1_000, []],
  ])('%s', (_name, all, wanted, over) => {
    expect(logsToLetGo(all, NOW, wanted)).toEqual(over);
  });
});

describe('hidden refs of ended builds', () => {
  const builds = [log('now', 0), log('today', 0.1), log('old', 89), log('over', 91)];
  test.each<[string, boolean, string[]]>([
    ['go after 90 days', false, ['over']],
    ['where it presses after an hour', true, ['today', 'old', 'over']],
  ])('%s', (_name, pressed, over) => {
    expect(refsToLetGo(builds, NOW, pressed)).toEqual(over);
  });
});

describe('releases that are kept', () => {
  /** Newest first, by their images. */
  const releases = (...images: string[]) =>
    images.map((image, at) => ({ image, number: images.length - at }));
  const images = (...args: Parameters<typeof keptReleases>) => [
    ...new Set(keptReleases(...args).map(({ image }) => image)),
  ];

  test.each<[string, string[], string[]]>([
    ['live and five images before it', ['g', 'f', 'e', 'd', 'c', 'b', 'a'], ['g', 'f', 'e', 'd', 'c', 'b']],
    ['changes of config use up no target', ['c', 'c', 'c', 'b', 'b', 'a'], ['c', 'b', 'a']],
    [
      'an image gone back to counts as new',
      ['a', 'g', 'f', 'e', 'd', 'c', 'b', 'a'],
      ['a', 'g', 'f', 'e', 'd', 'c'],
    ],
    ['only one', ['a'], ['a']],
  ])('%s', (_name, were, kept) => {
    const [live, ...before] = releases(...were);
    expect(images(live, [], live ? [live, ...before] : before)).toEqual(kept);
  });

  test('what is on its way or still stopping is kept beside them', () => {
    const were = releases('g', 'f', 'e', 'd', 'c', 'b', 'a');
    expect(images(were[0], releases('next', 'last'), were)).toEqual([
      'g',
      'next',
      'last',
      'f',
      'e',
      'd',
      'c',
      'b',
    ]);
  });

  test('an app that was never live keeps what is on its way', () => {
    expect(images(undefined, releases('first'), [])).toEqual(['first']);
  });

  test('every release of a kept image is one, so that each can be gone back to', () => {
    const were = releases('b', 'a', 'a');
    expect(keptReleases(were[0], [], were).map(({ number }) => number)).toEqual([3, 3, 2, 1]);
  });
});

describe('when builds ran', () => {
  test.each<[string, [number, number][], [number, number][]]>([
    ['never', [], []],
    ['with the moment after', [[0, 10]], [[0, 5_010]]],
    [
      'in order',
      [
        [90_000, 90_001],
        [0, 10],
      ],
      [
        [0, 5_010],
        [90_000, 95_001],
      ],
    ],
    [
      'side by side',
      [
        [0, 100],
        [50, 60],
        [80, 9_000],
      ],
      [[0, 14_000]],
    ],
    [
      'one right after the other',
      [
        [0, 100],
        [4_000, 4_100],
      ],
      [[0, 9_100]],
    ],
  ])('%s', (_name, periods, expected) => {
    const all = periods.map(([from, to]) => ({ from, to }));
    expect(merged(all).map(({ from, to }) => [from, to])).toEqual(expected);
  });
});

describe('the budget', () => {
  const usage = (images: number, free = PLENTY): Usage => ({
    measuredAt: NOW,
    budget: 1_000,
    kinds: { images, 'build cache': 0, 'git repositories': 0, 'build logs': 0, 'app logs': 0, journal: 0 },
    otherCache: 0,
    free,
  });
  const near = 2 * FLOOR_BYTES;

  test.each<[string, Usage, boolean, number, number]>([
    ['nothing presses below nine tenths', usage(900), false, 0, 0],
    ['above it more of the cache goes than of what is kept', usage(901), true, 101, 1],
    ['far above it', usage(2_000), true, 1_200, 1_100],
    ['a disk with little space presses, too', usage(0, near - 1), false, FLOOR_BYTES + 1, 1],
    ['a disk with enough does not', usage(0, near), false, 0, 0],
    ['the greater need counts', usage(901, near - 1), true, FLOOR_BYTES + 1, 1],
  ])('%s', (_name, seen, full, cache, kept) => {
    expect(isFull(seen)).toBe(full);
    expect(pressure(seen)).toEqual({ cache, kept });
  });

  test('every kind counts, but not the cache of others', () => {
    const each = {
      images: 200,
      'build cache': 200,
      'git repositories': 200,
      'build logs': 200,
      'app logs': 100,
      journal: 1,
    };
    expect(isFull({ ...usage(0), kinds: each, otherCache: 5_000 })).toBe(true);
    expect(isFull({ ...usage(0), kinds: { ...each, journal: 0 }, otherCache: 5_000 })).toBe(false);
  });

  test('is shown with what takes something, and what is left alone', () => {
    const shown = usageShown({ ...usage(12_300_000), budget: 2 * 1024 ** 3, otherCache: 5_000 });
    expect(shown).toBe('12.3 MB of 2.15 GB used: images 12.3 MB; build cache of others, left alone: 5 KB');
  });
});
