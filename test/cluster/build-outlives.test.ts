import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUILDER_STOPS } from '../../engines/port.ts';
import { RecordingObserver, buildTask, newId } from '../support/build-task.ts';
import { ClusterBuilds } from '../support/cluster-builds.ts';
import { kubectl, tryKubectl } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { processesWith } from '../support/processes.ts';

describe('a build in the cluster and who runs it', () => {
  const builds = new ClusterBuilds();
  beforeAll(() => builds.start());
  afterAll(() => builds[Symbol.asyncDispose]());

  const counting = (to: number): string => {
    const seq = `for i in $(seq 1 ${to}); do echo line $i; sleep 0.1; done`;
    return `FROM busybox:1 AS test\nRUN : ${newId()}; ${seq}\nFROM busybox:1\nRUN echo built\nUSER 1000\n`;
  };

  const lines = (text: string): number[] =>
    [...text.matchAll(/^ {7}line (\d+)$/gm)].map(([, number]) => Number(number));

  it('goes on when its builder stops, and the next one tells the log without a gap or a double', async () => {
    const task = buildTask();
    const tree = builds.trees.source({ Dockerfile: counting(80) });
    const observer = new RecordingObserver();
    for (const pattern of [/line 12\n/, /line 40\n/]) {
      const stop = new AbortController();
      const logBytes = Buffer.byteLength(observer.text);
      const run = builds.runner().run({ ...task, logBytes }, tree, observer, stop.signal);
      await observer.said(pattern);
      stop.abort(BUILDER_STOPS);
      await run;
      expect(await builds.running()).toHaveLength(1);
    }
    const logBytes = Buffer.byteLength(observer.text);
    const signal = new AbortController().signal;
    const outcome = await builds.runner().run({ ...task, logBytes }, tree, observer, signal);
    expect(outcome, observer.text).toMatchObject({ result: 'succeeded' });
    expect(lines(observer.text)).toEqual(Array.from({ length: 80 }, (_, index) => index + 1));
    expect(observer.text.match(/-----> /g)).toHaveLength(2);
    expect(builds.trees.fetched).toBe(1);

    // One that died after the end tells all of it, and builds nothing again.
    const again = new RecordingObserver();
    expect(await builds.runner().run(task, tree, again, signal)).toEqual(outcome);
    expect(again.text).toBe(observer.text);
    expect(again.stages).toEqual(['test', 'build']);
  });

  it('is gone when it is cancelled, with all that it ran', async () => {
    const mark = `985${Date.now() % 1_000_000}`;
    const task = buildTask();
    const tree = builds.trees.source({
      Dockerfile: `FROM busybox:1\nRUN echo begun; sleep ${mark}\nUSER 1000\n`,
    });
    const observer = new RecordingObserver();
    const cancel = new AbortController();
    const run = builds.runner().run(task, tree, observer, cancel.signal);
    await observer.said(/begun/);
    cancel.abort();
    expect(await run).toEqual({ result: 'cancelled' });
    expect(await processesWith(`sleep\0${mark}`)).toBe(0);
    // What runs no more is taken away a moment later.
    await eventually('nothing of it is left', async () => {
      return (await builds.labelled('pods,jobs,secrets', `sluice.dev/build=${task.buildId}`)) === '';
    });
  });

  it('is swept when nobody wants it, and let alone when somebody does', async () => {
    const installationId = newId();
    const start = async (): Promise<{ key: string; buildId: string }> => {
      const task = buildTask({ installationId });
      const stop = new AbortController();
      const observer = new RecordingObserver();
      const tree = builds.trees.source({
        Dockerfile: 'FROM busybox:1\nRUN echo begun; sleep 600\nUSER 1000\n',
      });
      const run = builds.runner().run(task, tree, observer, stop.signal);
      await observer.said(/begun/);
      stop.abort(BUILDER_STOPS);
      await run;
      return { key: `${task.buildId}-1`, buildId: task.buildId };
    };
    const [wanted, orphan] = [await start(), await start()];
    const runner = builds.runner();
    const sweepTwice = async (...keys: string[]): Promise<void> => {
      // One that is just over would be let alone the first time.
      await runner.sweep(installationId, async () => new Set(keys));
      await runner.sweep(installationId, async () => new Set(keys));
    };
    await sweepTwice(wanted.key);
    const pods = (buildId: string) => builds.labelled('pods', `sluice.dev/build=${buildId}`);
    await eventually('the orphan is gone', async () => (await pods(orphan.buildId)) === '');
    expect(await pods(wanted.buildId)).not.toBe('');
    await sweepTwice();
    await eventually('the other is gone too', async () => (await pods(wanted.buildId)) === '');
  });

  it('makes room for its next attempt', async () => {
    const task = buildTask();
    const stop = new AbortController();
    const observer = new RecordingObserver();
    const slow = builds.trees.source({
      Dockerfile: 'FROM busybox:1\nRUN echo begun; sleep 600\nUSER 1000\n',
    });
    const first = builds.runner().run(task, slow, observer, stop.signal);
    await observer.said(/begun/);
    stop.abort(BUILDER_STOPS);
    await first;
    const quick = builds.trees.source({ Dockerfile: 'FROM busybox:1\nUSER 1000\n' });
    const signal = new AbortController().signal;
    const second = await builds.runner().run({ ...task, attempt: 2 }, quick, new RecordingObserver(), signal);
    expect(second.result).toBe('succeeded');
    await eventually('the first is gone', async () => {
      const jobs = await builds.labelled('jobs', `sluice.dev/build=${task.buildId}`);
      return jobs === `job.batch/build-${task.installationId}-${task.buildId}-2\n`;
    });
  });

  it('has its gate in the cluster: `test` ended 0 before `build` began, and neither may ask the API', async () => {
    const task = buildTask();
    const tree = builds.trees.source({ Dockerfile: counting(2) });
    const signal = new AbortController().signal;
    await builds.runner().run(task, tree, new RecordingObserver(), signal);
    const selector = ['--namespace', builds.namespace, '--selector', `sluice.dev/build=${task.buildId}`];
    const pod = await eventually('the pod has ended', async () => {
      const text = await kubectl(['get', 'pods', ...selector, '--output', 'json']);
      const [found] = (JSON.parse(text) as { items: PodSeen[] }).items;
      return found?.status.phase === 'Succeeded' ? found : undefined;
    });
    const test = pod.status.initContainerStatuses.find(({ name }) => name === 'test')?.state.terminated;
    const build = pod.status.containerStatuses.find(({ name }) => name === 'build')?.state.terminated;
    expect([test?.exitCode, build?.exitCode]).toEqual([0, 0]);
    expect(Date.parse(test?.finishedAt ?? '')).toBeLessThanOrEqual(Date.parse(build?.startedAt ?? ''));
    expect(pod.spec.automountServiceAccountToken).toBe(false);
    const denied = await tryKubectl([
      'get',
      'pods',
      ...selector,
      '--as',
      `system:serviceaccount:${builds.namespace}:default`,
    ]);
    expect(denied.code, denied.output).not.toBe(0);
  });
});

interface Ended {
  readonly name: string;
  readonly state: {
    readonly terminated?: {
      readonly exitCode: number;
      readonly startedAt: string;
      readonly finishedAt: string;
    };
  };
}

interface PodSeen {
  readonly spec: { readonly automountServiceAccountToken: boolean };
  readonly status: {
    readonly phase: string;
    readonly initContainerStatuses: readonly Ended[];
    readonly containerStatuses: readonly Ended[];
  };
}
