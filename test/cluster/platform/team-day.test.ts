import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { kubectl } from '../../support/cluster.ts';
import { startOnCluster } from '../../support/cluster-platform.ts';
import { teamDay } from '../../support/team-day.ts';

const namespace = `sluice-test-builds-${randomBytes(4).toString('hex')}`;

beforeAll(async () => {
  await kubectl(['create', 'namespace', namespace]);
  await kubectl(['label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=privileged']);
});
afterAll(async () => {
  await kubectl(['delete', 'namespace', namespace, '--wait=false']);
});

teamDay(async (env) => startOnCluster(env, namespace));
