import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobBuildSettings } from '../../engines/kubernetes/build/job-settings.ts';
import type { BuildOutcome, BuildTask } from '../../engines/port.ts';
import { RecordingObserver, buildOf, buildTask } from '../support/build-task.ts';
import { ClusterBuilds } from '../support/cluster-builds.ts';
import { kubectl } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';

const PLAIN = { Dockerfile: 'FROM busybox:1\nUSER 1000\n' };
/** Has begun once the log says so, and ends only when it is ended. */
const LONG = { Dockerfile: 'FROM busybox:1 AS test\nRUN echo begun; sleep 600\nFROM busybox:1\nUSER 1000\n' };

describe('why a build in the cluster ends', () => {
  const builds = new ClusterBuilds();
  beforeAll(() => builds.start());
  afterAll(() => builds[Symbol.asyncDispose]());

  interface Started {
    readonly task: BuildTask;
    readonly observer: RecordingObserver;
    readonly outcome: Promise<BuildOutcome>;
  }

  function start(files: Record<string, string>, changes: Partial<JobBuildSettings> = {}): Started {
    const task = buildTask();
    const observer = new RecordingObserver();
    const runner = builds.runner(changes);
    const outcome = runner.run(task, builds.trees.source(files), observer, new AbortController().signal);
    // Whoever waits for it comes later.
    outcome.catch(() => undefined);
    return { task, observer, outcome };
  }

  async function built(Dockerfile: string): Promise<{ task: BuildTask; outcome: BuildOutcome }> {
    const task = buildTask();
    const tree = () => builds.trees.source({ Dockerfile });
    return { task, outcome: await buildOf(builds.runner(), task, tree, new RecordingObserver()) };
  }

  const pod = (task: BuildTask): Promise<string> =>
    eventually('its pod is there', async () => {
      const name = await builds.labelled('pods', `sluice.dev/build=${task.buildId}`);
      return name.trim() || undefined;
    });

  describe('by the image', () => {
    it('that would run as root is refused with the line that mends it, and does not stay', async () => {
      const { task, outcome } = await built('FROM busybox:1\nRUN true\n');
      expect(outcome).toMatchObject({
        result: 'failed',
        reason: { code: 'image_runs_as_root', hint: expect.stringContaining('`USER 1000`') as string },
      });
      expect(await builds.imagesOf(task)).toEqual([]);
    });

    it('names its user, who is known by number then', async () => {
      const Dockerfile = 'FROM busybox:1\nRUN echo app:x:1234:77::/:/bin/sh >>/etc/passwd\nUSER app\n';
      const { outcome } = await built(Dockerfile);
      expect(outcome, JSON.stringify(outcome)).toMatchObject({
        result: 'succeeded',
        image: { user: '1234:77' },
      });
    });

    it('names nobody', async () => {
      const { outcome } = await built('FROM busybox:1\nUSER ghost\n');
      expect(outcome).toMatchObject({ result: 'failed', reason: { code: 'image_user_unknown' } });
    });
  });

  describe('by its memory', () => {
    const small = (memory: string) => ({ requests: { cpu: '50m', memory: '16Mi' }, limits: { memory } });

    it('of a command of its own', async () => {
      const Dockerfile = 'FROM busybox:1 AS test\nRUN tail /dev/zero\nFROM busybox:1\nUSER 1000\n';
      const { outcome } = start({ Dockerfile }, { buildkitResources: small('256Mi') });
      const { reason } = (await outcome) as Extract<BuildOutcome, { result: 'failed' }>;
      expect(['oom_killed', 'test_failed']).toContain(reason.code);
      expect(`${reason.message} ${reason.hint}`).toContain('memory');
    });

    it('of one of its containers', async () => {
      const { outcome } = start(PLAIN, { jobResources: small('24Mi') });
      expect(await outcome).toMatchObject({ result: 'failed', reason: { code: 'oom_killed' } });
    });
  });

  describe('by waiting in vain', () => {
    it('for an image', async () => {
      const jobImage = `${builds.settings().registry}/sluice/nothing:1`;
      const { outcome, observer } = start(PLAIN, { jobImage, patienceSeconds: 8 });
      expect(await outcome).toMatchObject({
        result: 'failed',
        reason: { code: 'build_image_unavailable', message: expect.stringContaining(jobImage) as string },
      });
      expect(observer.text).toContain('Waiting: the image');
    });

    it('for a place on a node', async () => {
      const requests = { cpu: '50m', memory: '900Gi' };
      const buildkitResources = { requests, limits: { memory: '900Gi' } };
      const { outcome, observer } = start(PLAIN, { buildkitResources, patienceSeconds: 7 });
      expect(await outcome).toMatchObject({
        result: 'failed',
        reason: {
          code: 'unschedulable',
          message: expect.stringContaining('Insufficient memory') as string,
        },
      });
      expect(observer.text).toContain('Waiting: no node has a place');
    });

    it('for room in the quota', async () => {
      const here = ['--namespace', builds.namespace];
      await kubectl(['create', 'quota', 'full', '--hard=pods=0', ...here]);
      try {
        // Until its controller has counted, it holds nothing.
        await eventually('the quota counts', async () =>
          /pods/.test(await kubectl(['get', 'quota', 'full', ...here, '--output=jsonpath={.status.hard}'])),
        );
        const { outcome } = start(PLAIN, { patienceSeconds: 3 });
        expect(await outcome).toMatchObject({ result: 'failed', reason: { code: 'build_quota_exceeded' } });
      } finally {
        await kubectl(['delete', 'quota', 'full', ...here]);
      }
    });

    it('for its own end, in all', async () => {
      const { task, observer, outcome } = start(LONG);
      await observer.said(/begun/);
      const job = `job/build-${task.installationId}-${task.buildId}-1`;
      const change = '{"spec":{"activeDeadlineSeconds":3}}';
      await kubectl(['patch', job, '--namespace', builds.namespace, '--patch', change]);
      expect(await outcome).toMatchObject({ result: 'failed', reason: { code: 'build_timeout' } });
    });
  });

  describe('by no fault of its own, so that a next attempt may do better', () => {
    it('evicted, as a drained node does with its pods', async () => {
      const { task, observer, outcome } = start(LONG);
      await observer.said(/begun/);
      const name = (await pod(task)).replace('pod/', '');
      const eviction = {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name, namespace: builds.namespace },
      };
      const path = `/api/v1/namespaces/${builds.namespace}/pods/${name}/eviction`;
      await kubectl(['create', '--raw', path, '--filename', '-'], { input: JSON.stringify(eviction) });
      expect(await outcome).toMatchObject({ result: 'lost', reason: { code: 'build_node_lost' } });
    });

    it('its pod deleted', async () => {
      const { task, observer, outcome } = start(LONG);
      await observer.said(/begun/);
      await kubectl(['delete', await pod(task), '--namespace', builds.namespace, '--wait=false']);
      expect(await outcome).toMatchObject({ result: 'lost', reason: { code: 'build_pod_deleted' } });
    });

    it('its Job deleted', async () => {
      const { task, observer, outcome } = start(LONG);
      await observer.said(/begun/);
      const job = `job/build-${task.installationId}-${task.buildId}-1`;
      await kubectl(['delete', job, '--namespace', builds.namespace, '--wait=false']);
      expect((await outcome).result).toBe('lost');
    });
  });

  it('leaves no pod that runs', async () => {
    await eventually('no build runs', async () => (await builds.running()).length === 0);
  });
});
