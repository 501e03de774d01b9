import { createHash } from 'node:crypto';
import { isPassing } from './passing-trouble.ts';
import type { ImageReference } from './reference.ts';
import { RegistryRefused } from './registry.ts';
import type { Registries } from './registry.ts';

export interface FoundImage {
  /** The host that had it: the registry, or a mirror of it. */
  readonly place: string;
  /** Of what the name means: of the list, where it is one for several platforms. */
  readonly digest: string;
  /** Sum of the layers as they are sent, in bytes. */
  readonly sizeBytes: number;
  readonly layers: readonly Layer[];
  /** Milliseconds since 1970; 0 where the image does not say. */
  readonly createdAt: number;
  readonly config: ImageConfig;
}

export interface Layer {
  readonly digest: string;
  /** In bytes, as it is sent. */
  readonly size: number;
}

export interface ImageConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, unknown>> | null;
  readonly OnBuild?: readonly string[] | null;
}

interface Manifest {
  readonly manifests?: readonly {
    readonly digest: string;
    readonly platform?: { readonly os?: string; readonly architecture?: string; readonly variant?: string };
  }[];
  readonly config?: { readonly digest: string };
  readonly layers?: readonly Layer[];
}

/** What may be answered for an image's name. */
export const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** The platform of this machine, as images name it. */
export function ownPlatform(): string {
  return `linux/${ARCHITECTURES[process.arch] ?? process.arch}`;
}

/**
 * Looks an image up, at the mirrors of its registry first.
 * @param platform `linux/arm64`, `linux/arm/v7`
 * @throws when none has it: the error of a place that may yet have it, as it did not answer, else the last one's
 */
export async function findImage(
  registries: Registries,
  reference: ImageReference,
  platform: string,
  signal: AbortSignal,
): Promise<FoundImage> {
  let trouble: unknown;
  for (const place of registries.placesOf(reference.host)) {
    try {
      return await findAt(registries, place, reference, platform, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isPassing(trouble)) trouble = error;
    }
  }
  throw trouble;
}

async function findAt(
  registries: Registries,
  place: string,
  { repository, tag, digest }: ImageReference,
  platform: string,
  signal: AbortSignal,
): Promise<FoundImage> {
  const manifest = async (name: string): Promise<{ digest: string; manifest: Manifest }> => {
    const options = { accept: MANIFESTS };
    const response = await registries.request(place, repository, `manifests/${name}`, signal, options);
    const text = await response.text();
    const own = `sha256:${createHash('sha256').update(text).digest('hex')}`;
    return { digest: own, manifest: JSON.parse(text) as Manifest };
  };
  const top = await manifest(digest ?? tag ?? 'latest');
  let chosen = top.manifest;
  if (chosen.manifests !== undefined) {
    const fits = chosen.manifests.find(({ platform: of }) => {
      const own = [of?.os, of?.architecture, of?.variant].filter((part) => part !== undefined).join('/');
      return `${own}/`.startsWith(`${platform}/`) || own === platform;
    });
    if (fits === undefined) throw new RegistryRefused(404, `${repository} is not there for ${platform}`);
    chosen = (await manifest(fits.digest)).manifest;
  }
  if (chosen.config === undefined) throw new RegistryRefused(404, `${repository} is no image to run`);
  const blob = await registries.request(place, repository, `blobs/${chosen.config.digest}`, signal);
  const { config = {}, created = '' } = (await blob.json()) as { config?: ImageConfig; created?: string };
  const { layers = [] } = chosen;
  const sizeBytes = layers.reduce((sum, { size }) => sum + size, 0);
  return { place, digest: top.digest, sizeBytes, layers, createdAt: Date.parse(created) || 0, config };
}
