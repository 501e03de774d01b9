import type { Duplex, Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { ImageInfo, ImageInspectInfo } from 'dockerode';
import { EngineUnreachable, connectDocker, reached, unless } from '../client.ts';
import type { DockerSettings } from '../client.ts';

const BAD_NAME = 400;
const NOT_FOUND = 404;
const CONFLICT = 409;

/** The calls of the Docker Engine API that builds need. @throws EngineUnreachable from each */
export class Engine {
  private readonly docker: Docker;
  private platform: Promise<Record<string, string>> | undefined;

  constructor(settings: DockerSettings) {
    this.docker = connectDocker(settings);
  }

  /** Opens a connection that belongs to the engine's callbacks from then on. */
  async upgrade(path: string, headers: Record<string, string | readonly string[]>): Promise<Duplex> {
    return this.dial<Duplex>({
      path,
      method: 'POST',
      hijack: true,
      headers: { ...headers, Upgrade: 'h2c' },
      statusCodes: { 200: true, 500: 'server error' },
    });
  }

  /** Starts a build; the answer streams newline-delimited JSON until it ends. */
  async build(query: Record<string, string>, signal: AbortSignal): Promise<Readable> {
    return this.dial<Readable>({
      path: `/build?${new URLSearchParams(query).toString()}&`,
      method: 'POST',
      isStream: true,
      abortSignal: signal,
      statusCodes: { 200: true, 400: 'bad request', 500: 'server error' },
    });
  }

  /** Stops a build by the id that it was started with; its answer then ends once nothing of it runs. */
  async cancelBuild(id: string): Promise<void> {
    const path = `/build/cancel?id=${encodeURIComponent(id)}&`;
    await this.dial<unknown>({ path, method: 'POST', statusCodes: { 200: true, 204: true, 404: true } });
  }

  async inspectImage(name: string): Promise<ImageInspectInfo | undefined> {
    return unless([BAD_NAME, NOT_FOUND], this.docker.getImage(name).inspect());
  }

  async tagImage(id: string, repository: string, tag: string): Promise<void> {
    await reached(this.docker.getImage(id).tag({ repo: repository, tag }));
  }

  /** Removes a tag, and the image with its last one; an image in use or gone already stays as it is. */
  async removeImage(name: string): Promise<void> {
    await unless([NOT_FOUND, CONFLICT], this.docker.getImage(name).remove());
  }

  async listImages(filters: Record<string, string[]>): Promise<ImageInfo[]> {
    return reached(this.docker.listImages({ filters: JSON.stringify(filters) }));
  }

  /** The variables that BuildKit sets by itself for the engine's own platform. */
  async platformArgs(): Promise<Record<string, string>> {
    this.platform ??= reached(this.docker.version()).then(({ Os, Arch }) => {
      const parts = { PLATFORM: `${Os}/${Arch}`, OS: Os, ARCH: Arch, VARIANT: '' };
      const entries = Object.entries(parts);
      return Object.fromEntries(
        ['TARGET', 'BUILD'].flatMap((of) => entries.map(([name, value]) => [of + name, value])),
      );
    });
    this.platform.catch(() => (this.platform = undefined));
    return this.platform;
  }

  /** Pulls an image; the answer streams newline-delimited JSON. Errors within it are `error` fields. */
  async pull(
    image: string,
    platform: string | undefined,
    signal: AbortSignal,
  ): Promise<NodeJS.ReadableStream> {
    const options = { abortSignal: signal, ...(platform === undefined ? {} : { platform }) };
    return reached(this.docker.pull(image, options));
  }

  private async dial<T>(options: Record<string, unknown>): Promise<T> {
    return reached(
      new Promise<T>((resolve, reject) => {
        this.docker.modem.dial(options as never, (error: Error | null, answer: unknown) => {
          if (error) reject(error);
          else resolve(answer as T);
        });
      }),
    );
  }
}

export { EngineUnreachable };
