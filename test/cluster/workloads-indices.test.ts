import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { Cluster } from '../../engines/kubernetes/api/cluster.ts';
import { COMMANDS } from '../contract/behaviours.ts';
import { allReady, until } from '../contract/workloads.ts';
import { TestApps } from './support/apps.ts';

const apps = new TestApps();

// By a file of its own: another instance of the installation would write them too.
test('an index is told only when a fresh server would tell it too', async () => {
  const cluster = Cluster.connect({ kubeconfig: apps.fixture.kubeconfig });
  const merge = cluster.merge.bind(cluster);
  cluster.merge = async (change) => {
    if (change.kind === 'Pod') await pause(1_000);
    return merge(change);
  };
  const workloads = apps.fixture.openWith({ cluster });
  onTestFinished(() => workloads.close());
  const spec = apps.web(COMMANDS.healthy, 2);
  await workloads.ensure(spec);
  const told = await until(workloads, spec.app.id, allReady(2));
  const line = '{.metadata.name} {.metadata.labels.sluice\\.dev/index}{"\\n"}';
  const known = await apps.kubectl(spec, 'get', 'pods', '--output', `jsonpath={range .items[*]}${line}{end}`);
  expect(known.trim().split('\n').toSorted()).toEqual(
    told.map(({ name, index }) => `${name} ${String(index)}`).toSorted(),
  );
});
