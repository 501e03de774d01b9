import { describe, expect, test } from 'vitest';
import { readSettings } from '../../../server/git/settings.ts';
import { sourceOf } from '../../../server/git/source.ts';
import { StartupLimits, dropChance } from '../../../server/git/startup-limits.ts';
import { climbOf } from '../../../server/git/checks/links.ts';
import { checkRefs } from '../../../server/git/checks/refs.ts';

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('%s counts as %s', (address, source) => {
  expect(sourceOf(address)).toBe(source);
});

describe('start-ups', () => {
  test.each([
    [0, 0],
    [499, 0],
    [500, 0.3],
    [750, 0.65],
    [999, 0.9986],
    [1_000, 1],
    [5_000, 1],
  ])('with %d open the next is dropped with the chance %d', (open, chance) => {
    expect(dropChance(open)).toBeCloseTo(chance, 5);
  });

  test('one source holds ten; the next ones wait for a place, in their order', () => {
    const limits = new StartupLimits(() => 0.999);
    const started: number[] = [];
    const leave: (() => void)[] = [];
    const entries = Array.from({ length: 12 }, (_, i) =>
      limits.enter('a', (left) => {
        started.push(i);
        leave.push(left);
      }),
    );
    expect(entries.slice(8)).toEqual(['started', 'started', 'waiting', 'waiting']);
    expect(limits.enter('b', () => undefined)).toBe('started');
    leave[3]?.();
    leave[3]?.();
    expect(started.slice(10)).toEqual([10]);
    leave[4]?.();
    expect(started.slice(10)).toEqual([10, 11]);
  });

  test('a source whose waiting room is full is dropped, others are not', () => {
    const limits = new StartupLimits(() => 0);
    const entries = Array.from({ length: 261 }, () => limits.enter('a', () => undefined));
    expect(entries.filter((entry) => entry === 'waiting')).toHaveLength(250);
    expect(entries.at(-1)).toBe('dropped');
    expect(limits.enter('b', () => undefined)).toBe('started');
  });

  test('a hundred log in at once, and those who wait take turns by their source', () => {
    const limits = new StartupLimits(() => 0);
    const leave: (() => void)[] = [];
    for (let n = 0; n < 100; n++) limits.enter(`s${n % 10}`, (left) => leave.push(left));
    const started: string[] = [];
    const wait = (source: string): void => {
      expect(limits.enter(source, () => started.push(source))).toBe('waiting');
    };
    for (const source of ['many', 'many', 'many', 'one']) wait(source);
    for (let n = 0; n < 4; n++) leave[n]?.();
    expect(started).toEqual(['many', 'one', 'many', 'many']);
  });

  test('many sources wait, then meet the early drop and then the end', () => {
    const taken = (random: number): number => {
      const limits = new StartupLimits(() => random);
      const entries = Array.from({ length: 2_000 }, (_, i) => limits.enter(`s${i}`, () => undefined));
      return entries.filter((entry) => entry !== 'dropped').length;
    };
    expect(taken(0)).toBe(500);
    expect(taken(0.999_999)).toBe(1_000);
  });
});

test.each([
  ['file', undefined],
  ['./a/../b', undefined],
  ['..', 1],
  ['../../x', 2],
  ['a/../../x', 1],
  ['a/b/../../../../x', 2],
  ['/etc', Infinity],
  [undefined, Infinity],
])('a link to %s climbs %s folders', (target, levels) => {
  expect(climbOf('l', target)?.levels).toBe(levels);
});

describe('refs of a push', () => {
  const zero = '0'.repeat(40);
  const oid = 'a'.repeat(40);
  const to = (ref: string, next = oid) => ({ ref, old: zero, next });
  test.each([
    [[to('refs/heads/main')], undefined],
    [[to('refs/heads/main'), to('refs/tags/v1')], undefined],
    [[to('refs/tags/v1')], undefined],
    [[to('refs/tags/v1', zero)], undefined],
    [[to('refs/heads/main', zero)], 'deletion'],
    [[to('refs/heads/x', zero)], 'deletion'],
    [[to('refs/heads/x')], 'wrong_branch'],
    [[to('refs/heads/main'), to('refs/heads/x')], 'several_branches'],
    [[to('refs/sluice/builds/1')], 'reserved_ref'],
    [[to('refs/builds/1'), to('refs/heads/main')], 'reserved_ref'],
    [[to('refs/buildsx/1')], 'unsupported_ref'],
    [[to('HEAD')], 'unsupported_ref'],
    [[to('refs/notes/x')], 'unsupported_ref'],
  ])('%j', (commands, code) => {
    expect(checkRefs(commands, 'main')?.code).toBe(code);
  });
});

describe('settings', () => {
  test('have defaults', () => {
    expect(readSettings({ SLUICE_DATA_DIR: '/d', PATH: '/bin' })).toEqual({
      dataDir: '/d',
      port: 2222,
      bind: '::',
      logLevel: 'info',
      path: '/bin',
    });
  });
  test('name what is wrong', () => {
    expect(() => readSettings({ SLUICE_SSH_PORT: 'x' })).toThrow(
      /SLUICE_DATA_DIR[^]*SLUICE_SSH_PORT|SLUICE_SSH_PORT[^]*SLUICE_DATA_DIR/,
    );
  });
});
