import { createHash } from 'node:crypto';
import type { BlobSink, BlobWriter, SentBlob } from '../../build/session/content-service.ts';
import type { ImageReference } from './reference.ts';
import { RegistryRefused } from './registry.ts';
import type { Registries } from './registry.ts';
import { startUpload } from './upload.ts';

const NOT_FOUND = 404;
const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** Puts one image into a registry: blobs as they come, those that it has left out, and its manifest at last. */
export class ImagePush implements BlobSink {
  /** The first thing that went wrong; who sends the blobs hears of it only in part. */
  trouble: unknown;
  private readonly registries: Registries;
  private readonly target: ImageReference;
  private readonly elsewhere: ReadonlyMap<string, string>;
  private readonly signal: AbortSignal;
  private readonly manifests = new Map<string, Buffer>();

  /**
   * @param target with a tag
   * @param elsewhere repositories of the same registry, by the digests of blobs that they have
   */
  constructor(
    registries: Registries,
    target: ImageReference,
    elsewhere: ReadonlyMap<string, string>,
    signal: AbortSignal,
  ) {
    this.registries = registries;
    this.target = target;
    this.elsewhere = elsewhere;
    this.signal = signal;
  }

  async open({ digest, size, isManifest }: SentBlob): Promise<BlobWriter | undefined> {
    if (isManifest) return this.keepManifest(digest);
    return this.noticed(async () => {
      if (await this.isThere(digest)) return undefined;
      const { host, repository } = this.target;
      const { registries, signal } = this;
      const from = this.elsewhere.get(digest);
      const upload = await startUpload({ registries, host, repository, signal }, digest, size, from);
      if (upload === undefined) return undefined;
      return {
        write: (bytes) => this.noticed(() => upload.write(bytes)),
        commit: () => this.noticed(() => upload.commit()),
        abandon: () => upload.abandon(),
      };
    });
  }

  /**
   * Names what was sent, so that it is an image.
   * @param digest of the manifest that is the image
   * @throws RegistryRefused, and what the network says
   */
  async finish(digest: string): Promise<void> {
    for (const [other, bytes] of this.manifests) if (other !== digest) await this.put(other, bytes);
    const bytes = this.manifests.get(digest);
    if (bytes === undefined) throw new Error(`the manifest ${digest} was not sent`);
    await this.put(this.target.tag ?? digest, bytes);
  }

  private async put(name: string, bytes: Buffer): Promise<void> {
    const { host, repository } = this.target;
    const body = bytes.toString('utf8');
    const { mediaType = OCI_MANIFEST } = JSON.parse(body) as { mediaType?: string };
    const headers = { 'content-type': mediaType };
    const request = { method: 'PUT', headers, body };
    await this.registries.request(host, repository, `manifests/${name}`, this.signal, request);
  }

  private keepManifest(digest: string): BlobWriter {
    const pieces: Uint8Array[] = [];
    return {
      write: async (bytes) => void pieces.push(Uint8Array.from(bytes)),
      commit: async () => {
        const bytes = Buffer.concat(pieces);
        const own = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
        if (own !== digest) throw new Error(`what was sent as the manifest ${digest} is ${own}`);
        this.manifests.set(digest, bytes);
      },
      abandon: () => undefined,
    };
  }

  private async isThere(digest: string): Promise<boolean> {
    const { host, repository } = this.target;
    try {
      await this.registries.request(host, repository, `blobs/${digest}`, this.signal, { method: 'HEAD' });
      return true;
    } catch (error) {
      if (error instanceof RegistryRefused && error.status === NOT_FOUND) return false;
      throw error;
    }
  }

  private async noticed<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      this.trouble ??= error;
      throw error;
    }
  }
}
