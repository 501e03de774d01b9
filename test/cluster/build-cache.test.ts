import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheOf } from '../../engines/kubernetes/build/job-spec.ts';
import { removeAppBuilds } from '../../engines/kubernetes/build/removal.ts';
import type { BuildTask } from '../../engines/port.ts';
import { RecordingObserver, buildTask, newId } from '../support/build-task.ts';
import { ClusterBuilds } from '../support/cluster-builds.ts';
import { clusterNodes, kubectl } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { testSettings } from '../support/settings.ts';

describe('the build cache of an app in the cluster', () => {
  const builds = new ClusterBuilds();
  const installationId = newId();
  const [one, other] = [newId(), newId()];
  const cache = { storageClass: testSettings.clusterStorageClass, size: '1Gi' };
  let node = '';
  beforeAll(async () => {
    await builds.start();
    // Builds of two apps on two nodes would not see each other anyway: the scheduler's own note puts them on one.
    node = (await clusterNodes())[0]?.name ?? '';
    for (const appId of [one, other]) {
      const claim = cacheOf(buildTask({ installationId, appId }), builds.namespace, cache);
      const annotations = claim.metadata?.annotations ?? {};
      annotations['volume.kubernetes.io/selected-node'] = node;
      await builds.cluster.create(claim);
    }
  });
  afterAll(() => builds[Symbol.asyncDispose]());

  async function build(
    appId: string,
    Dockerfile: string,
    changes: Partial<BuildTask> = {},
    size = cache.size,
  ): Promise<string> {
    const task = buildTask({ installationId, appId, ...changes });
    const observer = new RecordingObserver();
    // Ends before the test does, so that what was said until then is shown.
    const signal = AbortSignal.timeout(150_000);
    const outcome = await builds
      .runner({ cache: { ...cache, size } })
      .run(task, builds.trees.source({ Dockerfile }), observer, signal);
    expect(outcome, `${JSON.stringify(outcome)}\n${observer.text}`).toMatchObject({ result: 'succeeded' });
    return observer.text;
  }

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
    const mark = `kept${newId()}`;
    await build(one, `FROM busybox:1\nRUN echo ${mark} >/${mark}\nUSER 1000\n`, { buildNumber: 3 });
    const slow = build(one, 'FROM busybox:1\nRUN sleep 43 & sleep 8\nUSER 1000\n', { buildNumber: 4 });
    // It finds what is its own, so that it could find what is not.
    const roots = '/ /proc/[0-9]*/root/home/user/.local/share/buildkit';
    const look = `echo >/own; find ${roots} -name own -o -name 'kept*' 2>/dev/null; sleep 44 & sleep 1; ps -ef; echo looked`;
    const text = await build(other, `FROM busybox:1\nRUN ${look}\nUSER 1000\n`, { buildNumber: 2 });
    expect(text).toMatch(/^ {7}\/own$/m);
    expect(text).toMatch(/^ {7}.* sleep 44$/m);
    expect(text).not.toContain(mark);
    expect(text).not.toContain('sleep 43');
    await slow;
    const where = '--output=jsonpath={.items[*].spec.nodeName}';
    const pods = [
      'get',
      'pods',
      '--namespace',
      builds.namespace,
      '--selector',
      'sluice.dev/kind=build',
      where,
    ];
    expect(new Set((await kubectl(pods)).split(' '))).toEqual(new Set([node]));
  });

  it('lets go what its volume has no room for', async () => {
    const app = newId();
    const large = (name: string): string => `RUN head -c 30000000 /dev/urandom >/${name}`;
    const Large = `FROM busybox:1\n${large('a')}\nUSER 1000\n`;
    await build(app, Large, {}, '20Mi');
    // Only once the pod has ended has its cache been looked through.
    await eventually('the first build has ended', async () => (await builds.running()).length === 0);
    expect(await build(app, Large, { buildNumber: 2 }, '20Mi')).not.toContain('CACHED');
    await eventually('the second build has ended', async () => (await builds.running()).length === 0);
    const roomy = newId();
    await build(roomy, Large);
    expect(await build(roomy, Large, { buildNumber: 2 })).toContain('CACHED');
  });

  it('is not used by a next attempt, whose node may be another', async () => {
    expect(await build(one, Dockerfile, { buildNumber: 5, attempt: 2 })).not.toContain('CACHED');
  });

  it('goes with the app, and the one of the other stays', async () => {
    await removeAppBuilds(builds.cluster, builds.namespace, installationId, one);
    const left = await eventually('the volume is gone', async () => {
      const names = await builds.labelled('persistentvolumeclaims,jobs,secrets', `sluice.dev/app=${one}`);
      return names === '' ? 'nothing' : undefined;
    });
    expect(left).toBe('nothing');
    expect(await build(other, Dockerfile, { buildNumber: 3 })).toContain('CACHED');
  });
});
