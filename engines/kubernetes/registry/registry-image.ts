import type { BlobSource } from '../../build/session/content-service.ts';
import { MANIFESTS } from './find-image.ts';
import { RegistryRefused } from './registry.ts';
import type { Registries } from './registry.ts';

const NOT_FOUND = 404;
const PARTIAL = 206;

/** The blobs of one image in a registry, for who must not have its login. */
export class RegistryImage implements BlobSource {
  private readonly registries: Registries;
  private readonly host: string;
  private readonly repository: string;
  private readonly signal: AbortSignal;
  /** Digests of manifests, and their bytes once they are known. */
  private readonly manifests: Map<string, Buffer | undefined>;

  /** @param digest of its manifest, or of the list of them */
  constructor(registries: Registries, host: string, repository: string, digest: string, signal: AbortSignal) {
    this.registries = registries;
    this.host = host;
    this.repository = repository;
    this.signal = signal;
    this.manifests = new Map([[digest, undefined]]);
  }

  async sizeOf(digest: string): Promise<number | undefined> {
    try {
      if (this.manifests.has(digest)) return (await this.manifest(digest)).length;
      const head = await this.request(`blobs/${digest}`, { method: 'HEAD' });
      return Number(head.headers.get('content-length') ?? 0);
    } catch (error) {
      if (error instanceof RegistryRefused && error.status === NOT_FOUND) return undefined;
      throw error;
    }
  }

  async *read(digest: string, offset: number, length: number): AsyncGenerator<Uint8Array> {
    const end = offset + length;
    if (this.manifests.has(digest)) {
      yield (await this.manifest(digest)).subarray(offset, end);
      return;
    }
    const headers = { range: `bytes=${offset}-${end - 1}` };
    const response = await this.request(`blobs/${digest}`, { headers });
    // A registry that knows no ranges sends it from its start.
    let at = response.status === PARTIAL ? offset : 0;
    for await (const bytes of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      const from = at;
      at += bytes.length;
      if (at > offset) yield bytes.subarray(Math.max(0, offset - from), end - from);
      if (at >= end) return;
    }
  }

  private async manifest(digest: string): Promise<Buffer> {
    const known = this.manifests.get(digest);
    if (known !== undefined) return known;
    const response = await this.request(`manifests/${digest}`, { accept: MANIFESTS });
    const bytes = Buffer.from(await response.arrayBuffer());
    this.manifests.set(digest, bytes);
    const { manifests = [] } = JSON.parse(bytes.toString('utf8')) as { manifests?: { digest: string }[] };
    for (const one of manifests) {
      if (!this.manifests.has(one.digest)) this.manifests.set(one.digest, undefined);
    }
    return bytes;
  }

  private async request(path: string, options: Parameters<Registries['request']>[4]): Promise<Response> {
    return this.registries.request(this.host, this.repository, path, this.signal, options);
  }
}
