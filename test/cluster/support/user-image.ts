import { createHash } from 'node:crypto';
import { Registries } from '../../../engines/kubernetes/registry/registry.ts';
import { testSettings } from '../../support/settings.ts';

/** The registry of the tests' cluster. @throws Error when there is none */
export function clusterRegistry(): { host: string; url: string } {
  const host = testSettings.clusterRegistry;
  if (host === undefined) throw new Error('there is no registry to test with: ./scripts/test --cluster');
  return { host, url: `http://${host}` };
}

/** Its client. */
export function clusterRegistries(): Registries {
  return new Registries({ mirrors: {}, plainHttp: [clusterRegistry().host] }, () => undefined);
}

interface Manifest {
  mediaType?: string;
  config: { digest: string; size: number; mediaType: string };
  layers: unknown[];
}

const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** busybox with a USER, at `repository:tag` of the cluster's registry: its layers, and a config of its own. */
export async function pushBusyboxAs(user: string, repository: string, tag: string): Promise<string> {
  const { host, url } = clusterRegistry();
  const [source, manifest] = await find(url, 'busybox', '1');
  const blob = await checked(await fetch(`${url}/v2/${source}/blobs/${manifest.config.digest}`));
  const config = (await blob.json()) as { config?: object };
  const changed = Buffer.from(JSON.stringify({ ...config, config: { ...config.config, User: user } }));
  for (const layer of manifest.layers as { digest: string }[]) {
    await checked(
      await fetch(`${url}/v2/${repository}/blobs/uploads/?mount=${layer.digest}&from=${source}`, {
        method: 'POST',
      }),
    );
  }
  const digest = `sha256:${createHash('sha256').update(changed).digest('hex')}`;
  const begun = await checked(await fetch(`${url}/v2/${repository}/blobs/uploads/`, { method: 'POST' }));
  const upload = new URL(begun.headers.get('location') ?? '', url);
  upload.searchParams.set('digest', digest);
  await checked(
    await fetch(upload, {
      method: 'PUT',
      body: changed,
      headers: { 'content-type': 'application/octet-stream' },
    }),
  );
  const own = { ...manifest, config: { ...manifest.config, digest, size: changed.length } };
  const put = await checked(
    await fetch(`${url}/v2/${repository}/manifests/${tag}`, {
      method: 'PUT',
      body: JSON.stringify(own),
      headers: { 'content-type': manifest.mediaType ?? MANIFEST },
    }),
  );
  return `${host}/${repository}@${put.headers.get('docker-content-digest') ?? ''}`;
}

/** @param image as `pushBusyboxAs` gave it */
export async function removeImage(image: string): Promise<void> {
  const { host, url } = clusterRegistry();
  const [repository = '', digest = ''] = image.slice(host.length + 1).split('@');
  await checked(await fetch(`${url}/v2/${repository}/manifests/${digest}`, { method: 'DELETE' }));
}

/** As the mirror of docker.io it may have the name with `library/` or without. */
async function find(url: string, name: string, tag: string): Promise<[string, Manifest]> {
  for (const repository of [`library/${name}`, name]) {
    const answer = await fetch(`${url}/v2/${repository}/manifests/${tag}`, {
      headers: { accept: `${MANIFEST}, ${OCI_MANIFEST}` },
    });
    if (answer.ok) return [repository, (await answer.json()) as Manifest];
  }
  throw new Error(`the cluster's registry has no ${name}:${tag}`);
}

async function checked(answer: Response): Promise<Response> {
  if (answer.ok) return answer;
  throw new Error(`${answer.url} answers ${String(answer.status)}: ${await answer.text()}`);
}
