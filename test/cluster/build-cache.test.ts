import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeAppBuilds } from '../../engines/kubernetes/build/removal.ts';
import type { BuildTask } from '../../engines/port.ts';
import { RecordingObserver, buildTask, newId } from '../support/build-task.ts';
import { ClusterBuilds } from '../support/cluster-builds.ts';
import { kubectl } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { testSettings } from '../support/settings.ts';

describe('the build cache of an app in the cluster', () => {
  const builds = new ClusterBuilds();
  const installationId = newId();
  const cache = { storageClass: testSettings.clusterStorageClass, size: '1Gi' };
  beforeAll(() => builds.start());
  afterAll(() => builds[Symbol.asyncDispose]());

  async function build(appId: string, Dockerfile: string, changes: Partial<BuildTask> = {}): Promise<string> {
    const task = buildTask({ installationId, appId, ...changes });
    const observer = new RecordingObserver();
    const signal = new AbortController().signal;
    const outcome = await builds
      .runner({ cache })
      .run(task, builds.trees.tree({ Dockerfile }), observer, signal);
    expect(outcome, observer.text).toMatchObject({ result: 'succeeded' });
    return observer.text;
  }

  const [one, other] = [newId(), newId()];
  const step = `RUN --mount=type=cache,id=shared,target=/kept echo ${newId()} >>/kept/file; wc -l </kept/file`;
  const Dockerfile = `FROM busybox:1 AS test\n${step}\nFROM busybox:1\nUSER 1000\n`;

  it('stays from one build to the next', async () => {
    expect(await build(one, Dockerfile)).toContain('       1\n');
    const again = await build(one, Dockerfile, { buildNumber: 2 });
    expect(again).toContain(`${step} CACHED\n`);
    expect(again).toContain('tests cached');
  });

  it('is neither read nor shared by another app', async () => {
    const text = await build(other, Dockerfile);
    expect(text).not.toContain('CACHED');
    expect(text).toContain('       1\n');
  });

  it('cannot be found from inside another app\u2019s build, nor can that build be seen', async () => {
    const mark = `secret-of-${newId()}`;
    await build(one, `FROM busybox:1\nRUN echo ${mark} >/${mark}\nUSER 1000\n`, { buildNumber: 3 });
    const look = `RUN : ${newId()}; find / -name '${mark.slice(0, 14)}[x]*' -o -name '${mark.slice(0, 10)}*' 2>/dev/null; ps -ef 2>/dev/null | grep -c '[s]leep 54321'; echo looked`;
    const slow = build(one, `FROM busybox:1\nRUN sleep 5; : sleep 54321\nUSER 1000\n`, { buildNumber: 4 });
    const text = await build(other, `FROM busybox:1\n${look}\nUSER 1000\n`, { buildNumber: 2 });
    await slow;
    expect(text).toContain('       looked\n');
    expect(text.split('looked').length).toBeGreaterThan(1);
    expect(text).not.toContain(`/${mark}\n`);
  });

  it('is not used by a next attempt, whose node may be another', async () => {
    expect(await build(one, Dockerfile, { buildNumber: 5, attempt: 2 })).not.toContain('CACHED');
  });

  it('goes with the app, and the one of the other stays', async () => {
    await removeAppBuilds(builds.cluster, builds.namespace, installationId, one);
    const left = await eventually('the volume is gone', async () => {
      const names = await kubectl([
        ...['get', 'persistentvolumeclaims,jobs,secrets', '--namespace', builds.namespace],
        ...['--selector', `sluice.dev/app=${one}`, '--output', 'name'],
      ]);
      return names === '' ? 'nothing' : undefined;
    });
    expect(left).toBe('nothing');
    expect(await build(other, Dockerfile, { buildNumber: 3 })).toContain('CACHED');
  });
});
