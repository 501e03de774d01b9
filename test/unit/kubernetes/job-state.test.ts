import type { V1Job, V1Pod, V1PodCondition, V1PodSpec } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { disruption, outOfMemory, waiting, whySilent } from '../../../engines/kubernetes/build/job-state.ts';
import type { JobState } from '../../../engines/kubernetes/build/job-state.ts';

const state = (pod?: V1Pod, more: Partial<JobState> = {}): JobState => ({
  job: { metadata: {}, spec: { template: {}, activeDeadlineSeconds: 900 } },
  pod,
  jobGone: false,
  podGone: false,
  refusal: undefined,
  mountTrouble: undefined,
  ...more,
});

const condition = (type: string, status: string, reason = '', message = ''): V1PodCondition => ({
  type,
  status,
  reason,
  message,
});

const spec = (volumes: object[] = []): V1PodSpec => ({
  nodeName: 'node1',
  initContainers: [
    { name: 'buildkit', image: 'buildkit:1', resources: { limits: { memory: '4Gi' } } },
    { name: 'test', image: 'ours:1' },
  ],
  containers: [{ name: 'build', image: 'ours:1' }],
  volumes: volumes as [],
});

const UNSEEN = { image: '', imageID: '', ready: false, restartCount: 0 };

describe('what the cluster does to a build', () => {
  const disrupted = (reason: string): V1Pod => ({
    spec: spec(),
    status: { conditions: [condition('DisruptionTarget', 'True', reason)] },
  });
  const failedJob = (reason: string): V1Job => ({
    spec: { template: {}, activeDeadlineSeconds: 900 },
    status: {
      conditions: [{ type: 'Failed', status: 'True', reason }],
    },
  });

  test.each<[string, JobState, string | undefined, string | undefined]>([
    ['nothing', state({ spec: spec(), status: {} }), undefined, undefined],
    ['a drained node', state(disrupted('EvictionByEvictionAPI')), 'lost', 'build_node_lost'],
    ['a lost node', state(disrupted('DeletionByTaintManager')), 'lost', 'build_node_lost'],
    [
      'a node short of memory',
      state({
        spec: spec(),
        status: { reason: 'Evicted', message: 'The node was low on resource: memory.' },
      }),
      'lost',
      'build_evicted',
    ],
    [
      'its own disk',
      state({
        spec: spec(),
        status: { reason: 'Evicted', message: 'Usage of EmptyDir volume "cache" exceeds the limit "1Gi".' },
      }),
      'failed',
      'disk_full',
    ],
    ['a deleted pod', state({ metadata: { deletionTimestamp: new Date() } }), 'lost', 'build_pod_deleted'],
    ['a pod that is gone', state({}, { podGone: true }), 'lost', 'build_pod_deleted'],
    ['a deleted Job', state({}, { job: undefined, jobGone: true }), 'lost', 'build_job_deleted'],
    ['the deadline', state({}, { job: failedJob('DeadlineExceeded') }), 'failed', 'build_timeout'],
    ['a container that failed', state({}, { job: failedJob('BackoffLimitExceeded') }), undefined, undefined],
  ])('%s', (_, seen, result, code) => {
    const verdict = disruption(seen);
    expect([verdict?.result, verdict?.reason.code]).toEqual([result, code]);
  });
});

describe('why a build waits', () => {
  const pending = (reason: string, message: string, volumes: object[] = []): V1Pod => {
    const { nodeName: _nowhere, ...unplaced } = spec(volumes);
    return { spec: unplaced, status: { conditions: [condition('PodScheduled', 'False', reason, message)] } };
  };
  const claim = [{ name: 'cache', persistentVolumeClaim: { claimName: 'cache-x' } }];
  const pulling = (reason: string): V1Pod => ({
    spec: spec(),
    status: {
      initContainerStatuses: [
        {
          name: 'test',
          ...UNSEEN,
          state: { waiting: { reason, message: 'not found' } },
        },
      ],
    },
  });

  const preparing = (reason: string, nodeName: string | null = 'node1'): V1Pod => {
    const { nodeName: _nowhere, ...unplaced } = spec();
    return {
      spec: nodeName === null ? unplaced : { ...unplaced, nodeName },
      status: {
        initContainerStatuses: [{ name: 'buildkit', ...UNSEEN, state: { waiting: { reason } } }],
      },
    };
  };

  test.each<[string, JobState, string | undefined, string | undefined]>([
    ['not at all', state({ spec: spec(), status: {} }), undefined, undefined],
    ['for a pod', state(), undefined, undefined],
    [
      'for memory',
      state(pending('Unschedulable', '0/2 nodes: 2 Insufficient memory')),
      'failed',
      'unschedulable',
    ],
    [
      'for memory, with a cache',
      state(pending('Unschedulable', '0/2 nodes: 2 Insufficient memory', claim)),
      'failed',
      'unschedulable',
    ],
    [
      'for the node of its cache',
      state(pending('Unschedulable', '1 node(s) had volume node affinity conflict', claim)),
      'lost',
      'unschedulable',
    ],
    [
      'for a volume that nobody makes',
      state(pending('SchedulerError', 'binding', claim)),
      'lost',
      'unschedulable',
    ],
    ['for an image', state(pulling('ImagePullBackOff')), 'failed', 'build_image_unavailable'],
    ['for an image, just now', state(pulling('ErrImagePull')), 'failed', 'build_image_unavailable'],
    ['for a container', state(pulling('CreateContainerConfigError')), 'failed', 'build_container_refused'],
    ['for its turn', state(pulling('PodInitializing')), undefined, undefined],
    ['for its volumes', state(preparing('PodInitializing')), 'lost', 'build_not_begun'],
    ['for its volumes, alone', state(preparing('ContainerCreating')), 'lost', 'build_not_begun'],
    [
      'for its volumes, of which the node has said why',
      state(preparing('PodInitializing'), { mountTrouble: 'secret "login" not found' }),
      'lost',
      'build_not_begun',
    ],
    ['for the image of BuildKit', state(preparing('ImagePullBackOff')), 'failed', 'build_image_unavailable'],
    ['for a node, first', state(preparing('PodInitializing', null)), 'failed', 'unschedulable'],
    [
      'for room in the quota',
      state(undefined, { refusal: 'pods "x" is forbidden: exceeded quota: full' }),
      'failed',
      'build_quota_exceeded',
    ],
    ['for admission', state(undefined, { refusal: 'denied by policy' }), 'failed', 'build_not_admitted'],
  ])('%s', (_, seen, result, code) => {
    const verdict = waiting(seen)?.verdict;
    expect([verdict?.result, verdict?.reason.code]).toEqual([result, code]);
  });
});

test('a build whose volumes are not there says what its node says of them', () => {
  const status = { name: 'buildkit', ...UNSEEN, state: { waiting: { reason: 'PodInitializing' } } };
  const pod = { spec: spec(), status: { initContainerStatuses: [status] } };
  const text = (mountTrouble?: string): string | undefined => waiting(state(pod, { mountTrouble }))?.text;
  expect(text()).toBe('node1 has not begun the build: its volumes and images are not all there yet');
  expect(text('secret "login" not found')).toBe('node1 has not begun the build: secret "login" not found');
});

describe('a build that ends without a word', () => {
  const ended = (name: string, reason: string, exitCode: number, last = false): V1Pod => {
    const end = { terminated: { reason, exitCode } };
    const status = {
      name,
      ...UNSEEN,
      ...(last ? { state: { running: {} }, lastState: end } : { state: end }),
    };
    return { spec: spec(), status: { phase: 'Failed', initContainerStatuses: [status] } };
  };

  test('was killed for its memory, be it BuildKit that runs again', () => {
    for (const pod of [ended('test', 'OOMKilled', 137), ended('buildkit', 'OOMKilled', 137, true)]) {
      expect(whySilent(state(pod), 'test', [])).toMatchObject({
        result: 'failed',
        reason: { code: 'oom_killed' },
      });
    }
    expect(outOfMemory(state(ended('buildkit', 'OOMKilled', 137, true)), 'test')?.reason.message).toContain(
      '4Gi',
    );
    expect(outOfMemory(state(ended('test', 'Error', 137)), 'test')).toBeUndefined();
  });

  test('broke off, with its last words', () => {
    expect(whySilent(state(ended('test', 'Error', 7)), 'test', ['TypeError: x'])).toEqual({
      result: 'lost',
      reason: {
        code: 'build_broke_off',
        message: 'the container of the test stage ended with exit code 7 without saying why',
        hint: 'push again; see `sluice doctor` when it stays so',
        detail: ['TypeError: x'],
      },
    });
  });
});
