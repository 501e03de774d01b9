import type Docker from 'dockerode';
import type { ImageInfo } from 'dockerode';
import type { PinnedReference } from '../../../core/image-reference.ts';
import { Id } from '../../../core/names.ts';
import { Refusal } from '../../../core/reason.ts';
import type { BuiltImage } from '../../port.ts';
import { engineMessage, engineStatus, reached, unless } from '../client.ts';
import { adoptImage, type LoginOf } from './adopted-images.ts';
import { bytesOnlyIn, type HistoryStep, type Layer, layersOf } from './image-layers.ts';
import { LABEL } from './labels.ts';

/** Images that builds of one installation left in the engine, known by label and by repository name. */
export class AppImages {
  private readonly docker: Docker;
  private readonly installationId: string;
  /** An image never changes, so its layers are asked for once. */
  private layers = new Map<string, Layer[]>();

  constructor(docker: Docker, installationId: string) {
    this.docker = docker;
    this.installationId = installationId;
  }

  async list(appId: string): Promise<{ image: string; sizeBytes: number; createdAt: number }[]> {
    return (await this.find(appId)).map((image) => ({
      image: image.Id,
      sizeBytes: image.Size,
      createdAt: image.Created * 1_000,
    }));
  }

  adopt(
    appId: string,
    reference: PinnedReference,
    loginOf: LoginOf,
    signal: AbortSignal,
  ): Promise<BuiltImage> {
    return adoptImage(this.docker, this.repository(appId), reference, loginOf, signal);
  }

  /**
   * Removes an image of the app; what another app shares with it stays.
   * @throws Refusal `image_in_use` while a container needs it
   */
  async remove(appId: string, image: string): Promise<void> {
    const found = (await this.find(appId)).find((candidate) => names(candidate).includes(image));
    if (found !== undefined) await this.removeOne(appId, found);
  }

  /** All images of an app whose containers are gone. One that still runs is another app's by now, and stays for it. */
  async removeAll(appId: string): Promise<void> {
    for (const image of await this.find(appId)) {
      await this.removeOne(appId, image).catch((error: unknown) => {
        if (!(error instanceof Refusal && error.reason.code === 'image_in_use')) throw error;
      });
    }
  }

  /** Ids of all apps that have images here. */
  async appIds(): Promise<string[]> {
    const images = await reached(this.docker.listImages());
    return [...new Set(images.flatMap((image) => this.appsOf(image)))];
  }

  /** Layers that no other image of the engine holds. */
  async bytes(): Promise<number> {
    const images = await reached(this.docker.listImages());
    const known = new Map<string, Layer[]>();
    for (const { Id: id } of images) {
      const history = this.layers.has(id) ? undefined : this.docker.getImage(id).history();
      const layers =
        history === undefined ? this.layers.get(id) : await unless([404], history.then(toLayers));
      if (layers !== undefined) known.set(id, layers);
    }
    this.layers = known;
    const [own, others] = [true, false].map((mine) =>
      images
        .filter((image) => this.appsOf(image).length > 0 === mine)
        .map(({ Id: id }) => known.get(id) ?? []),
    );
    return bytesOnlyIn(own ?? [], others ?? []);
  }

  /** Every image of the installation, also the bases and test images that interrupted builds have left. */
  async removeInstallation(): Promise<void> {
    const prefix = `sluice/${this.installationId}/`;
    const label = [`${LABEL.installation}=${this.installationId}`];
    const labelled = await reached(this.docker.listImages({ filters: { label } }));
    const tags = (await reached(this.docker.listImages()))
      .flatMap((image) => image.RepoTags ?? [])
      .filter((tag) => tag.startsWith(prefix));
    for (const name of [...tags, ...labelled.map((image) => image.Id)]) {
      await unless([404, 409], this.docker.getImage(name).remove());
    }
  }

  /** Apps of this installation that an image belongs to. Builds also keep base images, under a name that is no app's id. */
  private appsOf(image: ImageInfo): string[] {
    const prefix = `sluice/${this.installationId}/`;
    const tagged = (image.RepoTags ?? [])
      .filter((tag) => tag.startsWith(prefix))
      .map((tag) => tag.slice(prefix.length).split(':')[0] ?? '');
    const labelled =
      image.Labels?.[LABEL.installation] === this.installationId ? image.Labels[LABEL.app] : undefined;
    return [...tagged, labelled ?? ''].filter((id) => Id.safeParse(id).success);
  }

  private async find(appId: string): Promise<ImageInfo[]> {
    const lists = await Promise.all(
      [
        { label: [`${LABEL.installation}=${this.installationId}`, `${LABEL.app}=${appId}`] },
        { reference: [this.repository(appId)] },
      ].map((filters) => reached(this.docker.listImages({ filters }))),
    );
    return [...new Map(lists.flat().map((image) => [image.Id, image])).values()];
  }

  /** Tag by tag, so that the engine itself drops the image with its last name and not before. */
  private async removeOne(appId: string, image: ImageInfo): Promise<void> {
    const own = (image.RepoTags ?? []).filter((tag) => tag.startsWith(`${this.repository(appId)}:`));
    const others = (image.RepoTags ?? []).filter((tag) => !own.includes(tag) && tag !== '<none>:<none>');
    const targets = own.length > 0 ? own : others.length > 0 ? [] : [image.Id];
    for (const target of targets) {
      try {
        await unless([404], this.docker.getImage(target).remove());
      } catch (error) {
        if (engineStatus(error) !== 409) throw error;
        throw new Refusal(409, 'image_in_use', `the engine still needs the image: ${engineMessage(error)}`);
      }
    }
  }

  private repository(appId: string): string {
    return `sluice/${this.installationId}/${appId}`;
  }
}

function names(image: ImageInfo): string[] {
  return [image.Id, ...(image.RepoTags ?? []), ...(image.RepoDigests ?? [])];
}

function toLayers(history: unknown): Layer[] {
  return layersOf(history as HistoryStep[]);
}
