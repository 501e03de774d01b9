import { expect, it } from 'vitest';
import { oneOffName } from '../../../engines/docker/workloads/container-spec.ts';
import {
  LABEL,
  readReplicaLabels,
  replicaLabels,
  replicaName,
  type ReplicaIdentity,
} from '../../../engines/docker/workloads/labels.ts';

const id: ReplicaIdentity = {
  installationId: 'inst00000000',
  appId: 'app000000000',
  appName: 'shop',
  releaseId: 'rel000000000',
  releaseNumber: 12,
  process: 'web',
  index: 2,
  generation: 1,
  address: '10.213.0.2',
  port: 8080,
  host: 'shop.localhost',
  healthPath: '/',
  healthTimeoutSeconds: 60,
  graceSeconds: 0,
};

it('reads back from labels all that watching a replica needs', () => {
  expect(readReplicaLabels(replicaLabels(id))).toEqual(id);
});

it.each(Object.keys(replicaLabels(id)))('knows no replica without its label %s', (key) => {
  const { [key]: _, ...others } = replicaLabels(id);
  expect(readReplicaLabels(others)).toBeUndefined();
});

it('knows no replica with a label that should be a number and is not', () => {
  expect(readReplicaLabels({ ...replicaLabels(id), [LABEL.port]: 'http' })).toBeUndefined();
});

it('names a replica by ids, and its replacement otherwise', () => {
  expect(replicaName(id)).toBe('sluice-inst00000000-app000000000-v12-web-2');
  expect(replicaName({ ...id, generation: 3 })).toBe('sluice-inst00000000-app000000000-v12-web-2-g3');
});

it('makes a container name of any key', () => {
  const name = oneOffName('inst00000000', 'app000000000', 'release/v12 \n "x"');
  expect(name).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/);
  expect(oneOffName('inst00000000', 'app000000000', 'release/v13')).not.toBe(name);
});
