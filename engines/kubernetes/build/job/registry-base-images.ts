import { reason } from '../../../../core/reason.ts';
import { INDENT } from '../../../../core/output-lines.ts';
import { allowedName, checkTriggers, useKey } from '../../../build/base-images.ts';
import type { BaseImages } from '../../../build/base-images.ts';
import { BuildFailure } from '../../../build/build-failure.ts';
import type { ImageUse } from '../../../build/dockerfile/dockerfile.ts';
import { findImage, ownPlatform, type FoundImage } from '../../registry/find-image.ts';
import { causeOf, isPassing, overPassingTrouble, type Patience } from '../../registry/passing-trouble.ts';
import { fullName, parseReference } from '../../registry/reference.ts';
import type { Registries } from '../../registry/registry.ts';
import { BuildLost } from './build-lost.ts';
import type { ServedImage } from './image-contexts.ts';

export interface PinnedImage {
  readonly key: string;
  /** As written. */
  readonly image: string;
  readonly digest: string;
  /** With the digest. */
  readonly name: string;
  /** The host that had it, and of whose blobs it is. */
  readonly place: string;
  readonly layers: readonly string[];
}

/** Base images by the digests that their registries gave. */
export class RegistryBaseImages implements BaseImages {
  private readonly registries: Registries;
  private readonly owner: { readonly installationId: string; readonly appId: string };
  private readonly log: (text: string) => Promise<void>;
  private readonly pinned: Map<string, PinnedImage>;
  private readonly patience: Patience;

  /**
   * @param pinned what the container before this one has found
   * @param patience with registries that do not answer
   */
  constructor(
    registries: Registries,
    owner: { readonly installationId: string; readonly appId: string },
    log: (text: string) => Promise<void>,
    pinned: readonly PinnedImage[] = [],
    patience: Patience = {},
  ) {
    this.registries = registries;
    this.owner = owner;
    this.log = log;
    this.pinned = new Map(pinned.map((image) => [image.key, image]));
    this.patience = patience;
  }

  /** @throws also BuildLost `registry_unreachable` */
  async pin(uses: Iterable<ImageUse>, signal: AbortSignal): Promise<void> {
    for (const use of uses) if (!this.pinned.has(useKey(use))) await this.pinOne(use, signal);
  }

  nameFor(use: ImageUse): string | undefined {
    return this.pinned.get(useKey(use))?.name;
  }

  unpin(text: string): string {
    let unpinned = text;
    for (const { name, image } of this.pinned.values()) unpinned = unpinned.replaceAll(name, image);
    return unpinned;
  }

  digests(): Record<string, string> {
    return Object.fromEntries([...this.pinned.values()].map(({ image, digest }) => [image, digest]));
  }

  all(): readonly PinnedImage[] {
    return [...this.pinned.values()];
  }

  /** Those that BuildKit cannot get by itself, as it has no login. */
  served(): ServedImage[] {
    return this.all()
      .filter(({ place }) => this.registries.needsLogin(place))
      .map(({ name, digest, place }) => ({
        name,
        place,
        repository: parseReference(name).repository,
        digest,
      }));
  }

  /** Repositories of a registry, by the digests of layers that they have. */
  layersAt(host: string): ReadonlyMap<string, string> {
    const there = this.all().filter(({ place }) => place === host);
    return new Map(
      there.flatMap(({ name, layers }) => layers.map((layer) => [layer, parseReference(name).repository])),
    );
  }

  private async pinOne(use: ImageUse, signal: AbortSignal): Promise<void> {
    allowedName(use, this.owner);
    const reference = parseReference(use.image);
    const platform = use.platform ?? ownPlatform();
    const look = (): Promise<FoundImage> => findImage(this.registries, reference, platform, signal);
    const onWait = (trouble: unknown): Promise<void> =>
      this.log(
        `${INDENT}No answer yet about the base image ${use.image} (${causeOf(trouble)}); asking again\n`,
      );
    const found = await overPassingTrouble(look, signal, { onWait, ...this.patience }).catch(
      (error: unknown) => {
        signal.throwIfAborted();
        throw isPassing(error) ? unreachable(use, causeOf(error)) : unavailable(use, causeOf(error));
      },
    );
    checkTriggers(use, found.config.OnBuild ?? []);
    const { digest, place } = found;
    const name = fullName({ ...reference, digest });
    const layers = found.layers.map((layer) => layer.digest);
    this.pinned.set(useKey(use), { key: useKey(use), image: use.image, digest, name, place, layers });
    await this.log(`${INDENT}Base image ${use.image} is ${digest}\n`);
  }
}

function unavailable(use: ImageUse, cause: string): BuildFailure {
  return new BuildFailure(reason('base_image_unavailable', cannotBeHad(use, cause), checkName(use)));
}

function unreachable(use: ImageUse, cause: string): BuildLost {
  return new BuildLost(
    reason('registry_unreachable', cannotBeHad(use, cause), `push again; or ${checkName(use)}`),
  );
}

function cannotBeHad({ line, image }: ImageUse, cause: string): string {
  return `line ${line}: the base image ${image} cannot be had: ${cause}`;
}

function checkName({ image }: ImageUse): string {
  return `check its name: \`docker pull ${image}\` on your machine shows whether there is one; the cluster must reach its registry`;
}
