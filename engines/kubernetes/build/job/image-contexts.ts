import type { BlobSource } from '../../../build/session/content-service.ts';
import { RegistryImage } from '../../registry/registry-image.ts';
import { parseReference } from '../../registry/reference.ts';
import type { Registries } from '../../registry/registry.ts';

/** Images that BuildKit gets from us in place of their registry: how a solve says so, and where their blobs come from. */
export interface ImageContexts {
  readonly attributes: Readonly<Record<string, string>>;
  readonly sources: Readonly<Record<string, BlobSource>>;
}

export interface ServedImage {
  /** As the Dockerfile that BuildKit sees names it. */
  readonly name: string;
  /** The host that has it. */
  readonly place: string;
  readonly repository: string;
  readonly digest: string;
}

/** The login of their registry stays with us. */
export function imageContexts(
  registries: Registries,
  images: readonly ServedImage[],
  signal: AbortSignal,
): ImageContexts {
  const numbered = images.map((image, index) => ({ ...image, store: `image${index}` }));
  return {
    attributes: Object.fromEntries(
      numbered.map(({ name, store, digest }) => [
        `context:${short(name)}`,
        `oci-layout://${store}@${digest}`,
      ]),
    ),
    sources: Object.fromEntries(
      numbered.map(({ store, place, repository, digest }) => [
        store,
        new RegistryImage(registries, place, repository, digest, signal),
      ]),
    ),
  };
}

/** As BuildKit's Dockerfile frontend looks names up. */
function short(name: string): string {
  const { host } = parseReference(name);
  return host === 'docker.io' ? name.replace(/^docker\.io\//, '').replace(/^library\//, '') : name;
}
