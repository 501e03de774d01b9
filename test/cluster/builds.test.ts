import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RecordingObserver, buildTask } from '../support/build-task.ts';
import { ClusterBuilds } from '../support/cluster-builds.ts';

describe('a build in the cluster', () => {
  const builds = new ClusterBuilds();
  beforeAll(() => builds.start());
  afterAll(() => builds[Symbol.asyncDispose]());

  it('is a Job that fetches its tree, tests it, builds it and pushes the image', async () => {
    const task = buildTask();
    const observer = new RecordingObserver();
    const tree = builds.trees.source({
      Dockerfile: `FROM busybox:1 AS app\nCOPY . /app\nFROM app AS test\nRUN sh /app/tests.sh\nFROM app\nUSER 1000\nEXPOSE 9000\n`,
      'tests.sh': 'echo all good',
    });
    const outcome = await builds.runner().run(task, tree, observer, new AbortController().signal);
    expect(outcome, JSON.stringify(outcome)).toMatchObject({
      result: 'succeeded',
      image: { exposedPorts: [9000], user: '1000' },
    });
    expect(observer.stages).toEqual(['test', 'build']);
    expect(observer.text).toContain('       all good\n');
    expect(builds.trees.fetched).toBe(1);
    expect(await builds.imagesOf(task)).toHaveLength(1);
  });
});
