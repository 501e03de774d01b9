import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DEFAULT_RESOURCES } from '../../../engines/kubernetes/build/job-settings.ts';
import { jobOf, secretOf } from '../../../engines/kubernetes/build/job-spec.ts';
import { BuildLost } from '../../../engines/kubernetes/build/job/build-lost.ts';
import { fetchSecrets } from '../../../engines/kubernetes/build/job/fetch-secrets.ts';
import { buildTask } from '../../support/build-task.ts';

const signal = new AbortController().signal;

/** A server that answers one request after the other so. */
async function answering(...statuses: number[]): Promise<string> {
  const server = createServer((request, response) => {
    const status = request.headers.authorization === 'Bearer token' ? (statuses.shift() ?? 500) : 401;
    response.writeHead(status).end(JSON.stringify({ TOKEN: 'value' }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/secrets/b/1`;
}

const source = (secrets: string) => ({ tree: 'http://server/trees/b/1', secrets, token: 'token' });

describe('a build in the cluster', () => {
  it('fetches its secrets from the server, also from one that restarts', async () => {
    const url = await answering(503, 200);
    expect(await fetchSecrets(source(url), signal)).toEqual({ TOKEN: 'value' });
  });

  it('is lost without its fault where the server refuses them', async () => {
    const url = await answering(410);
    const refused = await fetchSecrets(source(url), signal).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(BuildLost);
    expect((refused as BuildLost).reason).toMatchObject({
      code: 'build_secrets_unavailable',
      message: expect.stringContaining('its secrets') as string,
    });
  });

  it('has the token for them where its own program reads it, and not where its commands run', () => {
    const task = buildTask();
    const settings = {
      namespace: 'sluice-builds',
      registry: 'r:5000',
      registries: { mirrors: {}, plainHttp: [] },
      jobImage: 'platform',
      buildkitImage: 'buildkit',
      buildkitResources: DEFAULT_RESOURCES.buildkit,
      jobResources: DEFAULT_RESOURCES.job,
      patienceSeconds: 60,
    };
    expect(JSON.stringify(jobOf(task, settings, {}))).not.toContain('token');
    const secret = secretOf(task, settings, source('http://server/secrets/b/1'), 'uid');
    expect(JSON.parse(secret.stringData?.['task.json'] ?? '')).toMatchObject({
      source: source('http://server/secrets/b/1'),
    });
    const pod = jobOf(task, settings, {}).spec?.template.spec;
    const mounts = pod?.initContainers?.find(({ name }) => name === 'buildkit')?.volumeMounts ?? [];
    expect(mounts.map(({ name }) => name)).not.toContain('input');
  });
});
