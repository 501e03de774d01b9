import { Id } from '../../../core/names.ts';
import { Registry, type RegistrySettings } from './registry.ts';

export type { RegistrySettings };

/** Images that builds of one installation left in the registry: `sluice/<installation>/<app>`. */
export class AppImages {
  private readonly registry: Registry;
  private readonly host: string;
  private readonly prefix: string;

  constructor(installationId: string, settings: RegistrySettings) {
    this.registry = new Registry(settings);
    this.host = settings.host;
    this.prefix = `sluice/${installationId}/`;
  }

  async list(appId: string): Promise<{ image: string; sizeBytes: number; createdAt: number }[]> {
    const repository = this.prefix + appId;
    return (await this.registry.images(repository)).map(({ digest, layers, createdAt }) => ({
      image: `${this.host}/${repository}@${digest}`,
      sizeBytes: layers.reduce((sum, { bytes }) => sum + bytes, 0),
      createdAt,
    }));
  }

  async remove(appId: string, image: string): Promise<void> {
    const repository = this.prefix + appId;
    const [name, digest] = image.split('@');
    if (name !== `${this.host}/${repository}` || digest === undefined) return;
    await this.registry.remove(repository, digest);
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
    return this.registry.isMissing(repository, digest).catch(() => false);
  }

  /** Ids of all apps that have images. */
  async appIds(): Promise<string[]> {
    const found: string[] = [];
    for (const repository of await this.registry.repositories(this.prefix)) {
      const appId = repository.slice(this.prefix.length);
      // The registry goes on naming repositories whose images are gone.
      if (Id.safeParse(appId).success && (await this.registry.images(repository)).length > 0)
        found.push(appId);
    }
    return found;
  }

  /** Each layer once. */
  async bytes(): Promise<number> {
    const layers = new Map<string, number>();
    for (const repository of await this.registry.repositories(this.prefix)) {
      for (const image of await this.registry.images(repository)) {
        for (const { digest, bytes } of image.layers) layers.set(digest, bytes);
      }
    }
    return [...layers.values()].reduce((sum, bytes) => sum + bytes, 0);
  }
}
