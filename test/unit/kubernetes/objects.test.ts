import { describe, expect, it } from 'vitest';
import type { V1Pod } from '@kubernetes/client-node';
import type { ReleaseSpec } from '../../../engines/port.ts';
import { appObjects } from '../../../engines/kubernetes/workloads/objects/app-objects.ts';
import { readAsked } from '../../../engines/kubernetes/workloads/objects/asked.ts';
import { difference } from '../../../engines/kubernetes/workloads/objects/difference.ts';
import { environmentObject } from '../../../engines/kubernetes/workloads/objects/environment.ts';
import { filesObject } from '../../../engines/kubernetes/workloads/objects/files.ts';
import { oneOffObject } from '../../../engines/kubernetes/workloads/objects/one-off-objects.ts';
import { refuseRoot } from '../../../engines/kubernetes/workloads/objects/pod-spec.ts';
import {
  askedProcess,
  deploymentObject,
  processObjects,
} from '../../../engines/kubernetes/workloads/objects/process-objects.ts';
import { bytesQuantity, cpuQuantity } from '../../../engines/kubernetes/workloads/objects/quantities.ts';
import { podFacts } from '../../../engines/kubernetes/workloads/pod-facts.ts';
import { comparable } from '../../../engines/kubernetes/workloads/pod-logs.ts';

const RELEASE: ReleaseSpec = {
  app: { id: 'app0123456789', name: 'shop' },
  releaseId: 'rel0123456789',
  releaseNumber: 12,
  image: 'registry:5000/sluice/i/a@sha256:0',
  user: '1000:1001',
  env: { A: '1', B: '2' },
  files: {},
  port: 8080,
  host: 'shop.localhost',
  health: { path: '/', timeoutSeconds: 60 },
  graceSeconds: 30,
  processes: [],
};
const LIMITS = { memoryBytes: 512 * 1024 * 1024, cpus: 0.5 };

const asked = (replicas: number, type = 'web') => askedProcess('inst', RELEASE, { type, replicas }, LIMITS);

describe('what a release is in the cluster', () => {
  it('is named by process and number, and can be read back', () => {
    const deployment = deploymentObject('inst', asked(2));
    expect(deployment.metadata?.name).toBe('web-v12');
    expect(deployment.metadata?.namespace).toBe('sluice-inst-app0123456789');
    expect(readAsked(deployment)).toEqual(asked(2));
  });

  it.each([
    [asked(1), ['Service', 'Deployment']],
    [asked(2), ['Service', 'PodDisruptionBudget', 'Deployment']],
    [asked(2, 'worker'), ['PodDisruptionBudget', 'Deployment']],
  ])('has a Service for web, a budget for two and more', (process, kinds) => {
    expect(processObjects('inst', process).map(({ kind }) => kind)).toEqual(kinds);
  });

  it('runs as the number of the image, with no rights', () => {
    const spec = asked(1).template.spec!;
    expect(spec.securityContext).toMatchObject({ runAsUser: 1000, runAsGroup: 1001, runAsNonRoot: true });
    expect(spec.automountServiceAccountToken).toBe(false);
    expect(spec.containers[0]?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
  });

  it.each(['', '0', '0:0', 'root', 'node'])('refuses the user %j', (user) => {
    expect(() => refuseRoot(user)).toThrow(
      expect.objectContaining({ reason: expect.objectContaining({ code: 'image_runs_as_root' }) }),
    );
  });

  it('lets apps reach what of the platform is public, and no other port of it', () => {
    const egressOf = (rules: Parameters<typeof appObjects>[2]): unknown[] =>
      appObjects('inst', RELEASE.app.id, rules)
        .filter(({ metadata }) => metadata?.name === 'public-ports')
        .map((policy) =>
          (policy as { spec?: { egress?: { ports?: unknown }[] } }).spec?.egress?.map(({ ports }) => ports),
        );
    const port = (name: string): unknown => ({ port: name, protocol: 'TCP' });
    expect(egressOf({ clusterCidrs: [], platformNamespace: 'sluice' })).toEqual([
      [[port('http'), port('https')], [port('ssh')]],
    ]);
    // Outside of the cluster it is reached as everything there.
    expect(egressOf({ clusterCidrs: [], platformCidrs: ['10.1.0.0/24'] })).toEqual([]);
  });

  it('lets apps out to everywhere but the cluster and the addresses of machines', () => {
    const rules = { clusterCidrs: ['10.244.0.0/16', 'fd00::/64'], platformNamespace: 'sluice' };
    const objects = appObjects('inst', RELEASE.app.id, rules);
    const outside = objects.find(({ metadata }) => metadata?.name === 'outside');
    expect(outside).toMatchObject({
      spec: {
        egress: [
          {
            to: [
              { ipBlock: { cidr: '0.0.0.0/0', except: ['10.244.0.0/16', '169.254.0.0/16'] } },
              { ipBlock: { cidr: '::/0', except: ['fd00::/64', 'fe80::/10', 'fd00:ec2::/32'] } },
            ],
          },
        ],
      },
    });
  });
});

describe("a release's files in the cluster", () => {
  const release = { ...RELEASE, files: { KEY: 'a\nb' } };
  const pod = (user = '1000') =>
    askedProcess('inst', { ...release, user }, { type: 'web', replicas: 1 }, LIMITS).template.spec;

  it('are an immutable Secret of their own, and not in the environment', () => {
    expect(filesObject('inst', release)).toMatchObject({
      immutable: true,
      metadata: { name: 'files-v12', namespace: 'sluice-inst-app0123456789' },
      data: { KEY: Buffer.from('a\nb').toString('base64') },
    });
    expect(environmentObject('inst', release).data).not.toHaveProperty('KEY');
  });

  it('are mounted where Docker has them, for the group of the pod alone', () => {
    expect(pod()?.volumes).toEqual([
      { name: 'files', secret: { secretName: 'files-v12', defaultMode: 0o440 } },
    ]);
    expect(pod()?.containers[0]?.volumeMounts).toEqual([
      { name: 'files', mountPath: '/run/secrets', readOnly: true },
    ]);
    expect(pod('1000')?.securityContext?.fsGroup).toBe(1000);
    expect(pod('1000:1001')?.securityContext?.fsGroup).toBe(1001);
  });

  it.each([
    ['argv', ['ls']],
    ['a Procfile command', 'ls'],
  ])('are in one-offs too: %s', (_, command) => {
    const one = oneOffObject(
      'inst',
      release,
      { key: 'k', command, tty: false },
      { name: 'run', limits: LIMITS },
    );
    expect(JSON.stringify(one)).toContain('"secretName":"files-v12"');
  });

  it('change nothing of a pod that has none', () => {
    const spec = asked(1).template.spec;
    expect(spec).not.toHaveProperty('volumes');
    expect(spec?.containers[0]).not.toHaveProperty('volumeMounts');
    expect(spec?.securityContext).not.toHaveProperty('fsGroup');
  });
});

describe('what differs', () => {
  it.each([
    ['nothing', { a: 1 }, { a: 1, filled: 'in' }, undefined],
    ['a value', { spec: { replicas: 2 } }, { spec: { replicas: 3 } }, 'spec.replicas'],
    ['a field that is gone', { a: { b: 1 } }, { a: {} }, 'a.b'],
    ['a longer list', { a: [{ b: 1 }] }, { a: [{ b: 1 }, { b: 2 }] }, 'a'],
    ['an item', { a: [{ b: 1 }] }, { a: [{ b: 2, c: 3 }] }, 'a[0].b'],
    ['an empty map that the API leaves out', { podSelector: {} }, {}, undefined],
  ])('%s', (_, wanted, there, path) => {
    expect(difference(wanted, there)).toBe(path);
  });
});

describe('amounts as the API server writes them', () => {
  it.each([
    [67_108_864, '64Mi'],
    [100_000_000, '97657Ki'],
    [1024 ** 3, '1Gi'],
    [1, '1Ki'],
  ])('%i bytes are %s', (bytes, text) => expect(bytesQuantity(bytes)).toBe(text));
  it.each([
    [1, '1'],
    [0.25, '250m'],
    [1.5, '1500m'],
  ])('%d cpus are %s', (cpus, text) => expect(cpuQuantity(cpus)).toBe(text));
});

describe('times of log lines', () => {
  it.each([
    ['2026-01-01T00:00:00.000000001Z', '2026-01-01T00:00:00.000000001Z'],
    ['2026-01-01T02:00:00.12+02:00', '2026-01-01T00:00:00.120000000Z'],
    ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000000000Z'],
  ])('%s is %s', (stamp, utc) => expect(comparable(stamp)).toBe(utc));
});

describe('what a pod says', () => {
  const condition = (type: string, status: string, more = {}) => ({ type, status, ...more });
  it.each<[string, V1Pod, object]>([
    ['nothing yet', {}, { phase: 'pending', restarts: 0, held: undefined }],
    [
      'no room',
      {
        status: {
          conditions: [condition('PodScheduled', 'False', { reason: 'Unschedulable', message: '0/2' })],
        },
      },
      { phase: 'pending', held: { why: 'Unschedulable', message: '0/2' } },
    ],
    [
      'a node that does not answer',
      { status: { conditions: [condition('Ready', 'False'), condition('ContainersReady', 'True')] } },
      { nodeLost: true },
    ],
    ['evicted', { status: { phase: 'Failed', reason: 'Evicted' } }, { phase: 'over' }],
  ])('%s', (_, pod, facts) => expect(podFacts(pod)).toMatchObject(facts));
});
