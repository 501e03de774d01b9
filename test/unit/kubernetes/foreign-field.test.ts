import { expect, it } from 'vitest';
import type { V1ManagedFieldsEntry } from '@kubernetes/client-node';
import { foreignField } from '../../../engines/kubernetes/workloads/objects/foreign-field.ts';

const written = (manager: string, fieldsV1: object, subresource?: string): V1ManagedFieldsEntry => ({
  manager,
  fieldsV1,
  ...(subresource === undefined ? {} : { subresource }),
});
const REPLICAS = { 'f:spec': { 'f:replicas': {} } };

it.each<[string, V1ManagedFieldsEntry[], string | undefined]>([
  ['ours alone', [written('sluice', REPLICAS)], undefined],
  [
    'an annotation',
    [written('kube-controller-manager', { 'f:metadata': { 'f:annotations': {} } })],
    undefined,
  ],
  ['a state', [written('kube-controller-manager', REPLICAS, 'status')], undefined],
  ['a scale', [written('sluice', REPLICAS), written('kubectl', REPLICAS, 'scale')], 'spec.replicas'],
  [
    'an environment',
    [
      written('kubectl-set', {
        'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"app"}': { 'f:env': {} } } } } },
      }),
    ],
    'spec.template.spec.containers',
  ],
])('tells what of a spec is not ours: %s', (_, managedFields, path) => {
  expect(foreignField({ managedFields })).toBe(path);
});
