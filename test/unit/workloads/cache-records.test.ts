import { describe, expect, test } from 'vitest';
import { cacheToLetGo, type CacheRecord, sharesOf } from '../../../engines/docker/workloads/cache-records.ts';

const MB = 1_000_000;
const built = [
  { from: 1_000, to: 2_000 },
  { from: 5_000, to: 6_000 },
];

/** Made and last used at these times, milliseconds since 1970. */
function record(id: string, made: number, used: number, more: Partial<CacheRecord> = {}): CacheRecord {
  const at = (ms: number): string => new Date(ms).toISOString();
  return {
    ID: id,
    Parent: '',
    InUse: false,
    Shared: false,
    Size: MB,
    CreatedAt: at(made),
    LastUsedAt: at(used),
    ...more,
  };
}

describe('whose a record of the build cache is', () => {
  test.each<[string, CacheRecord, 'own' | 'others' | 'neither']>([
    ['made and used while a build of ours ran', record('a', 1_500, 1_600), 'own'],
    ['used again by a later build of ours', record('a', 1_500, 5_500), 'own'],
    ['at the very ends', record('a', 1_000, 6_000), 'own'],
    ['made before', record('a', 500, 1_600), 'others'],
    ['made between', record('a', 3_000, 5_500), 'others'],
    ['used by somebody else since', record('a', 1_500, 3_000), 'others'],
    ['used by somebody else after all', record('a', 1_500, 9_000), 'others'],
    ['never used', record('a', 1_500, 0, { LastUsedAt: null }), 'own'],
    ['without a readable time', record('a', 1_500, 1_600, { CreatedAt: 'soon' }), 'others'],
    ['a layer of an image', record('a', 1_500, 1_600, { Shared: true }), 'neither'],
  ])('%s', (_name, one, whose) => {
    const { own, others } = sharesOf([one], built);
    expect(own.length > 0 ? 'own' : others.length > 0 ? 'others' : 'neither').toBe(whose);
  });

  test('nothing is ours where no build is known', () => {
    expect(sharesOf([record('a', 1_500, 1_600)], []).own).toEqual([]);
  });
});

describe('what of the build cache goes', () => {
  const letGo = (records: readonly CacheRecord[], bytes: number): string[] =>
    cacheToLetGo(records, sharesOf(records, built).own, bytes);

  test('the longest unused, and no more than needed', () => {
    const records = [record('new', 1_000, 5_900), record('old', 1_000, 1_100), record('older', 1_000, 1_050)];
    expect(letGo(records, 1)).toEqual(['older']);
    expect(letGo(records, 1.5 * MB)).toEqual(['older', 'old']);
    expect(letGo(records, 99 * MB)).toEqual(['older', 'old', 'new']);
    expect(letGo(records, 0)).toEqual([]);
  });

  test('what is built on it goes before', () => {
    const records = [
      record('base', 1_000, 1_100),
      record('middle', 1_000, 1_200, { Parent: 'base', Size: 0 }),
      record('top', 1_000, 1_300, { Parents: ['middle'] }),
    ];
    expect(letGo(records, 1)).toEqual(['top', 'middle', 'base']);
  });

  test.each<[string, Partial<CacheRecord>, number]>([
    ['an image', { Shared: true }, 1_300],
    ['a build under way', { InUse: true }, 1_300],
    ['a build of somebody else', {}, 3_000],
  ])('not what %s stands on', (_name, more, used) => {
    const records = [record('base', 1_000, 1_100), record('top', 1_000, used, { Parent: 'base', ...more })];
    expect(letGo(records, 99 * MB)).toEqual([]);
  });

  test('not what would free next to nothing: the next build would only lose by it', () => {
    const records = [record('tests passed', 1_000, 1_100, { Size: 0 }), record('layer', 1_000, 1_200)];
    expect(letGo(records, 1)).toEqual(['layer']);
  });
});
