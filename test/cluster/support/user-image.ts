import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { Registries } from '../../../engines/kubernetes/registry/registry.ts';
import { testSettings } from '../../support/settings.ts';
import { treeBytes } from '../../support/tree.ts';

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
  schemaVersion?: number;
  mediaType?: string;
  config: { digest: string; size: number; mediaType: string };
  layers: unknown[];
}

const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** busybox with a USER, at `repository:tag` of the cluster's registry: its layers, and a config of its own. */
export async function pushBusyboxAs(user: string, repository: string, tag: string): Promise<string> {
  const { url } = clusterRegistry();
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
  const digest = await pushBlob(repository, changed);
  return pushManifest(repository, tag, {
    ...manifest,
    config: { ...manifest.config, digest, size: changed.length },
  });
}

/** An image of one file, which is no shell, at `repository:tag` of the cluster's registry. */
export async function pushWithoutShell(repository: string, tag: string): Promise<string> {
  const layer = Buffer.concat([await treeBytes({ hello: 'nothing to run' }), Buffer.alloc(1_024)]);
  const packed = gzipSync(layer);
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config: { User: '1000', Cmd: ['/hello'] },
      rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
    }),
  );
  return pushManifest(repository, tag, {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: {
      mediaType: 'application/vnd.docker.container.image.v1+json',
      digest: await pushBlob(repository, config),
      size: config.length,
    },
    layers: [
      {
        mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
        digest: await pushBlob(repository, packed),
        size: packed.length,
      },
    ],
  });
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** @returns its digest */
async function pushBlob(repository: string, bytes: Buffer): Promise<string> {
  const { url } = clusterRegistry();
  const digest = digestOf(bytes);
  const begun = await checked(await fetch(`${url}/v2/${repository}/blobs/uploads/`, { method: 'POST' }));
  const upload = new URL(begun.headers.get('location') ?? '', url);
  upload.searchParams.set('digest', digest);
  const headers = { 'content-type': 'application/octet-stream' };
  await checked(await fetch(upload, { method: 'PUT', body: new Uint8Array(bytes), headers }));
  return digest;
}

/** @returns the image's name, with its digest */
async function pushManifest(repository: string, tag: string, own: Manifest): Promise<string> {
  const { host, url } = clusterRegistry();
  const put = await checked(
    await fetch(`${url}/v2/${repository}/manifests/${tag}`, {
      method: 'PUT',
      body: JSON.stringify(own),
      headers: { 'content-type': own.mediaType ?? MANIFEST },
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
