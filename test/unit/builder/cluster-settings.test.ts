import { describe, expect, it } from 'vitest';
import { readClusterSettings } from '../../../builder/cluster/settings.ts';

describe('readClusterSettings', () => {
  const base = {
    SLUICE_REGISTRY: 'r:5000',
    SLUICE_JOB_IMAGE: 'platform:1',
    SLUICE_BUILDKIT_IMAGE: 'buildkit:1',
  };

  it.each([
    [undefined, []],
    ['', []],
    ['one', ['one']],
    ['one, two,', ['one', 'two']],
  ])('takes %j for the Secrets %j', (SLUICE_BUILD_PULL_SECRETS, names) => {
    expect(readClusterSettings({ ...base, SLUICE_BUILD_PULL_SECRETS }).pullSecrets).toEqual(names);
  });

  it.each([
    [undefined, undefined],
    ['{"requests":{"cpu":"250m"},"limits":{"cpu":4}}', { requests: { cpu: '250m' }, limits: { cpu: '4' } }],
    ['{"limits":{"memory":4294967296}}', { requests: {}, limits: { memory: '4294967296' } }],
    ['{"requests":{"cpu":0.5}}', { requests: { cpu: '0.5' }, limits: {} }],
  ])('takes %j for the resources %j', (SLUICE_BUILD_RESOURCES, resources) => {
    expect(readClusterSettings({ ...base, SLUICE_BUILD_RESOURCES }).resources).toEqual(resources);
  });

  it.each(['4', 'limits: {}', '{"limits":{"cpu":true}}'])('refuses the resources %j', (text) => {
    expect(() => readClusterSettings({ ...base, SLUICE_BUILD_RESOURCES: text })).toThrow(
      'SLUICE_BUILD_RESOURCES',
    );
  });
});
