import type { PinnedReference } from '../../../core/image-reference.ts';
import { Id } from '../../../core/names.ts';
import type { BuiltImage } from '../../port.ts';
import type { Registries } from '../registry/registry.ts';
import { StoredImages } from '../registry/stored-images.ts';
import { adoptImage } from './adopted-images.ts';

/** Where builds push images. */
export interface ImagePlace {
  /** As it begins images' names: `host[:port][/path]`. */
  readonly registry: string;
  readonly registries: Registries;
}

/** Images that builds of one installation left in the registry: `sluice/<installation>/<app>`. */
export class AppImages {
  private readonly stored: StoredImages;
  private readonly host: string;
  private readonly prefix: string;
  private readonly registries: Registries;

  constructor(installationId: string, { registry, registries }: ImagePlace) {
    const [host = '', ...path] = registry.split('/');
    this.host = host;
    this.prefix = [...path, 'sluice', installationId, ''].join('/');
    this.registries = registries;
    this.stored = new StoredImages(registries, host);
  }

  async list(appId: string): Promise<{ image: string; sizeBytes: number; createdAt: number }[]> {
    const repository = this.prefix + appId;
    return (await this.stored.images(repository)).map(({ digest, sizeBytes, createdAt }) => ({
      image: `${this.host}/${repository}@${digest}`,
      sizeBytes,
      createdAt,
    }));
  }

  adopt(appId: string, reference: PinnedReference, signal: AbortSignal): Promise<BuiltImage> {
    return adoptImage(
      this.registries,
      { host: this.host, repository: this.prefix + appId },
      reference,
      signal,
    );
  }

  async remove(appId: string, image: string): Promise<void> {
    const repository = this.prefix + appId;
    const [name, digest] = image.split('@');
    if (name !== `${this.host}/${repository}` || digest === undefined) return;
    await this.stored.remove(repository, digest);
  }

  async removeAll(appId: string): Promise<void> {
    for (const { image } of await this.list(appId)) await this.remove(appId, image);
  }

  /** Whether the registry says so; it may be away, or the image be another's. */
  async isMissing(image: string): Promise<boolean> {
    const [repository = '', digest] = image.startsWith(`${this.host}/`)
      ? image.slice(this.host.length + 1).split('@')
      : [];
    if (digest === undefined) return false;
    return this.stored.isMissing(repository, digest).catch(() => false);
  }

  /** Ids of all apps that have images. */
  async appIds(): Promise<string[]> {
    const found: string[] = [];
    for (const repository of await this.stored.repositories(this.prefix)) {
      const appId = repository.slice(this.prefix.length);
      // The registry goes on naming repositories whose images are gone.
      if (Id.safeParse(appId).success && (await this.stored.images(repository)).length > 0) found.push(appId);
    }
    return found;
  }

  /** Each layer once. */
  async bytes(): Promise<number> {
    const found = new Map<string, number>();
    for (const repository of await this.stored.repositories(this.prefix)) {
      for (const { layers } of await this.stored.images(repository)) {
        for (const { digest, size } of layers) found.set(digest, size);
      }
    }
    return [...found.values()].reduce((sum, bytes) => sum + bytes, 0);
  }
}
