import { describe, expect, it } from 'vitest';
import { readSettings } from '../../../server/settings.ts';

it.each([['1'], ['160'], ['4096']])('takes the slots of all builders together: %s', (slots) => {
  expect(readSettings({ SLUICE_BUILD_SLOTS: slots }).buildSlots).toBe(Number(slots));
});

it.each([['0'], ['4097'], ['some']])('refuses %s slots', (slots) => {
  expect(() => readSettings({ SLUICE_BUILD_SLOTS: slots })).toThrow('SLUICE_BUILD_SLOTS');
});

describe('of a cluster', () => {
  const base = { SLUICE_ENGINE: 'kubernetes', SLUICE_REGISTRY: 'registry.example.com:5000/path' };

  it.each([
    ['', []],
    ['10.0.0.0/8, fd00::/8', ['10.0.0.0/8', 'fd00::/8']],
  ])('takes the private ranges %j', (ranges, taken) => {
    const { cluster } = readSettings({ ...base, SLUICE_PRIVATE_RANGES: ranges });
    expect(cluster?.network.clusterCidrs).toEqual(taken);
  });

  it('takes those of private networks where none are said', () => {
    expect(readSettings(base).cluster?.network.clusterCidrs).toContain('172.16.0.0/12');
  });

  it('refuses what is no range', () => {
    const ranges = '10.0.0.0/8,inside';
    expect(() => readSettings({ ...base, SLUICE_PRIVATE_RANGES: ranges })).toThrow('SLUICE_PRIVATE_RANGES');
  });

  it.each(['r', 'localhost:5000', '10.243.0.1:5000', 'a.example.com/team/sluice'])(
    'takes the registry %s',
    (registry) => {
      expect(readSettings({ ...base, SLUICE_REGISTRY: registry }).cluster?.registry).toBe(registry);
    },
  );

  it.each(['https://registry.example.com', 'http://r:5000/path', 'r/', ''])(
    'refuses the registry %j',
    (registry) => {
      const wrong = { ...base, SLUICE_REGISTRY: registry };
      expect(() => readSettings(wrong)).toThrow('must be as registry.example.com:5000/path');
    },
  );
});
