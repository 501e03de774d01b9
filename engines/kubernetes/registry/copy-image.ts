import { createHash } from 'node:crypto';
import type { ImageReference } from './reference.ts';
import { MANIFESTS, ownPlatform } from './find-image.ts';
import { ImagePush } from './push-image.ts';
import { RegistryImage } from './registry-image.ts';
import { RegistryRefused, type Registries } from './registry.ts';

/** Bytes of one request: a registry has only so long for each answer. */
const PIECE = 16 * 1024 * 1024;
/** Of a manifest: more than any image needs. */
const MOST_MANIFEST = 4 * 1024 * 1024;

interface Manifest {
  readonly manifests?: readonly {
    readonly digest: string;
    readonly platform?: { readonly os?: string; readonly architecture?: string; readonly variant?: string };
  }[];
  readonly config?: Blob;
  readonly layers?: readonly Blob[];
}

interface Blob {
  readonly digest: string;
  readonly size: number;
}

/**
 * Copies an image from one registry into another, this machine's platform of it. What is there already is not sent again.
 * @param from with its digest
 * @param to with a tag
 * @returns the digest there: of the image itself, where `from` names a list for several platforms
 * @throws RegistryRefused, and what the network says
 */
export async function copyImage(
  registries: Registries,
  from: ImageReference & { readonly digest: string },
  to: ImageReference,
  signal: AbortSignal,
): Promise<string> {
  let trouble: unknown;
  for (const place of registries.placesOf(from.host)) {
    try {
      return await copyFrom(registries, place, from, to, signal);
    } catch (error) {
      signal.throwIfAborted();
      trouble = error;
    }
  }
  throw trouble;
}

async function copyFrom(
  registries: Registries,
  place: string,
  from: ImageReference & { readonly digest: string },
  to: ImageReference,
  signal: AbortSignal,
): Promise<string> {
  const { repository } = from;
  const top = await manifestOf(registries, place, repository, from.digest, signal);
  const digest = top.manifest.manifests === undefined ? from.digest : chosen(top.manifest, repository);
  const image =
    digest === from.digest ? top : await manifestOf(registries, place, repository, digest, signal);
  const { config, layers = [] } = image.manifest;
  if (config === undefined) throw new RegistryRefused(404, `${repository} is no image to run`);
  const source = new RegistryImage(registries, place, repository, digest, signal);
  // Of the same registry, it takes layers over by itself.
  const elsewhere = new Map(place === to.host ? layers.map((layer) => [layer.digest, repository]) : []);
  const target = new ImagePush(registries, to, elsewhere, signal);
  for (const { digest: blob, size } of [...layers, config]) {
    const writer = await target.open({ digest: blob, size, isManifest: false });
    if (writer === undefined) continue;
    try {
      for (let at = 0; at < size; at += PIECE) {
        for await (const bytes of source.read(blob, at, Math.min(PIECE, size - at)))
          await writer.write(bytes);
      }
      await writer.commit();
    } catch (error) {
      writer.abandon();
      throw error;
    }
  }
  const writer = await target.open({ digest, size: image.bytes.length, isManifest: true });
  await writer?.write(image.bytes);
  await writer?.commit();
  await target.finish(digest);
  return digest;
}

function chosen({ manifests = [] }: Manifest, repository: string): string {
  const platform = ownPlatform();
  const fits = manifests.find(({ platform: of }) => {
    const own = [of?.os, of?.architecture, of?.variant].filter((part) => part !== undefined).join('/');
    return own === platform || `${own}/`.startsWith(`${platform}/`);
  });
  if (fits === undefined) throw new RegistryRefused(404, `${repository} is not there for ${platform}`);
  return fits.digest;
}

/** What a registry gives for a digest must have it: otherwise it is another image. */
async function manifestOf(
  registries: Registries,
  place: string,
  repository: string,
  digest: string,
  signal: AbortSignal,
): Promise<{ bytes: Buffer; manifest: Manifest }> {
  const options = { accept: MANIFESTS };
  const answer = await registries.request(place, repository, `manifests/${digest}`, signal, options);
  const bytes = Buffer.from(await answer.arrayBuffer());
  const own = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (own !== digest) throw new Error(`${place} gives ${own} for ${digest}`);
  if (bytes.length > MOST_MANIFEST)
    throw new RegistryRefused(413, `the manifest of ${repository} is too large`);
  return { bytes, manifest: JSON.parse(bytes.toString('utf8')) as Manifest };
}
