import { describe, expect, it } from 'vitest';
import { DEFAULT_RESOURCES } from '../../../engines/kubernetes/build/job-settings.ts';
import { jobOf } from '../../../engines/kubernetes/build/job-spec.ts';
import { buildTask } from '../../support/build-task.ts';

describe('the Job of a build', () => {
  const settings = {
    namespace: 'sluice-builds',
    registry: 'r:5000',
    registries: { mirrors: {}, plainHttp: [] },
    jobImage: 'private/platform:1',
    buildkitImage: 'private/buildkit:1',
    buildkitResources: DEFAULT_RESOURCES.buildkit,
    jobResources: DEFAULT_RESOURCES.job,
    patienceSeconds: 60,
  };
  const podOf = (pullSecrets?: string[]) =>
    jobOf(buildTask(), { ...settings, ...(pullSecrets && { pullSecrets }) }, {}).spec?.template.spec;

  it('names the Secrets with which its images are pulled', () => {
    expect(podOf(['one', 'two'])?.imagePullSecrets).toEqual([{ name: 'one' }, { name: 'two' }]);
  });

  it.each([[undefined], [[]]])('names none with %j', (pullSecrets) => {
    expect(podOf(pullSecrets)).not.toHaveProperty('imagePullSecrets');
  });
});
