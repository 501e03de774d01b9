import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { RecordingObserver, buildTask, newId } from '../../support/build-task.ts';
import { ClusterBuilds } from '../../support/cluster-builds.ts';
import { kubectl, untilNodeIs } from '../../support/cluster.ts';
import { must } from '../../support/command.ts';
import { eventually } from '../../support/eventually.ts';
import { testSettings } from '../../support/settings.ts';

describe('the node that a build runs on', () => {
  const builds = new ClusterBuilds();
  const cache = { storageClass: testSettings.clusterStorageClass, size: '1Gi' };
  beforeAll(() => builds.start());
  afterAll(() => builds[Symbol.asyncDispose]());

  /** A build of which one stage takes so many seconds. */
  function start(slowStage: 'test' | 'build', seconds: number) {
    const task = buildTask();
    const wait = (stage: string): string => `echo in ${stage}; sleep ${stage === slowStage ? seconds : 0}`;
    const tree = builds.trees.source({
      Dockerfile: `FROM busybox:1 AS test\nRUN : ${newId()}; ${wait('test')}\nFROM busybox:1\nRUN ${wait('build')}\nUSER 1000\n`,
    });
    const observer = new RecordingObserver();
    const attempt = (number: number, log = observer) =>
      builds.runner({ cache }).run({ ...task, attempt: number }, tree, log, new AbortController().signal);
    return { task, observer, attempt };
  }

  const nodeOf = (buildId: string): Promise<string> =>
    eventually('its pod has a node', async () => {
      const pods = await builds.labelled('pods', `sluice.dev/build=${buildId}`);
      return (await builds.podField(pods.trim().replace('pod/', ''), '{.spec.nodeName}')) || undefined;
    });

  it.each(['test', 'build'] as const)(
    'is drained in its %s stage: the next attempt goes elsewhere',
    async (stage) => {
      const { task, observer, attempt } = start(stage, 20);
      const first = attempt(1);
      await observer.said(new RegExp(`^ {7}in ${stage}$`, 'm'));
      const node = await nodeOf(task.buildId);
      onTestFinished(() => kubectl(['uncordon', node]).then(() => undefined));
      const only = `--pod-selector=sluice.dev/build=${task.buildId}`;
      await kubectl(['drain', node, only, '--ignore-daemonsets', '--delete-emptydir-data', '--force']);
      expect(await first).toMatchObject({ result: 'lost', reason: { code: 'build_node_lost' } });
      const second = new RecordingObserver();
      expect(await attempt(2, second)).toMatchObject({ result: 'succeeded' });
      expect(second.stages).toEqual(['test', 'build']);
      await kubectl(['uncordon', node]);
    },
  );

  it('is lost: the next attempt goes elsewhere, without waiting for it', async () => {
    const { task, observer, attempt } = start('test', 20);
    const first = attempt(1);
    await observer.said(/^ {7}in test$/m);
    const node = await nodeOf(task.buildId);
    onTestFinished(async () => {
      await must('./scripts/cluster', ['mend', node]);
      await untilNodeIs(node, true, 120_000);
    });
    await must('./scripts/cluster', ['cut', node]);
    expect(await first).toMatchObject({ result: 'lost', reason: { code: 'build_node_lost' } });
    expect(await attempt(2, new RecordingObserver())).toMatchObject({ result: 'succeeded' });
  });
});
