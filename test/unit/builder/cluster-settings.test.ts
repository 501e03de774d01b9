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
});
