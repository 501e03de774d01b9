import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RecordingObserver, buildTask } from '../../support/build-task.ts';
import { ClusterBuilds } from '../../support/cluster-builds.ts';
import { kubectl } from '../../support/cluster.ts';
import { LoginRegistry } from '../../support/login-registry.ts';
import { testSettings } from '../../support/settings.ts';
import { ownAddressTowards } from '../../support/tree-server.ts';

describe('a registry that wants a login', () => {
  const builds = new ClusterBuilds();
  let registry: LoginRegistry;
  beforeAll(async () => {
    await builds.start();
    const server = builds.cluster.config.getCurrentCluster()?.server ?? '';
    registry = new LoginRegistry(await ownAddressTowards(server));
    await registry.start();
    await registry.take(`${testSettings.clusterRegistry}/library/busybox:1`, 'base/busybox:1');
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'login', namespace: builds.namespace },
      type: 'kubernetes.io/dockerconfigjson',
      stringData: { '.dockerconfigjson': registry.dockerConfig },
    };
    await kubectl(['create', '--filename', '-'], { input: JSON.stringify(secret) });
  });
  afterAll(async () => {
    await registry?.[Symbol.asyncDispose]();
    await builds[Symbol.asyncDispose]();
  });

  async function build(files: Record<string, string>, loginSecret?: string) {
    const task = buildTask();
    const observer = new RecordingObserver();
    const { registries } = builds.settings();
    const runner = builds.runner({
      registry: registry.host,
      registries: { ...registries, plainHttp: [...registries.plainHttp, registry.host] },
      ...(loginSecret === undefined ? {} : { loginSecret }),
    });
    const signal = new AbortController().signal;
    const outcome = await runner.run(task, builds.trees.source(files), observer, signal);
    const { status } = await registry.ask(`sluice/${task.installationId}/${task.appId}/tags/list`);
    return { outcome, observer, status };
  }

  it('gets the image of a build, and its base images come from it, by nobody but our own program', async () => {
    const base = `${registry.host}/base/busybox:1`;
    const Dockerfile = [
      `FROM ${base} AS test`,
      'RUN echo tested',
      `FROM ${base}`,
      'COPY page /page',
      'RUN echo app:x:1234:77::/:/bin/sh >>/etc/passwd',
      'USER app',
    ];
    const { outcome, observer } = await build(
      { Dockerfile: `${Dockerfile.join('\n')}\n`, page: 'hello' },
      'login',
    );
    expect(outcome, observer.text).toMatchObject({ result: 'succeeded', image: { user: '1234:77' } });
    const { image } = (outcome as Extract<typeof outcome, { result: 'succeeded' }>).image;
    const [, repository, digest] = /^[^/]+\/(.+)@(.+)$/.exec(image) ?? [];
    const manifest = await registry.ask(`${repository}/manifests/${digest}`);
    const { layers } = (await manifest.json()) as { layers: { digest: string; size: number }[] };
    for (const layer of layers) {
      const blob = await registry.ask(`${repository}/blobs/${layer.digest}`);
      expect((await blob.arrayBuffer()).byteLength).toBe(layer.size);
    }
    const letIn = registry.letIn();
    expect(letIn.filter((line) => /^PUT .*\/blobs\/uploads\/.* 201 /.test(line)).length).toBeGreaterThan(1);
    // BuildKit has no login, as the app's own commands might take it from there.
    expect(letIn.filter((line) => /buildkit/i.test(line))).toEqual([]);
  });

  it('refuses who has none, and the build says so', async () => {
    const { outcome, status } = await build({ Dockerfile: 'FROM busybox:1\nUSER 1000\n' });
    expect(outcome).toMatchObject({
      result: 'failed',
      reason: { code: 'image_push_refused', message: expect.stringContaining('401') as string },
    });
    expect(status).toBe(404);
  });
});
