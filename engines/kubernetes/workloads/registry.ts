/** Where images are, spoken to by the registry's HTTP API (distribution-spec). */
export interface RegistrySettings {
  /** As it stands in image references: `registry.example.com:5000`. */
  readonly host: string;
  /** Where its API is: `http://10.243.0.1:5000`. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
}

export interface StoredImage {
  readonly digest: string;
  readonly layers: readonly { readonly digest: string; readonly bytes: number }[];
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

const MANIFESTS = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

const CALL_MS = 20_000;
const PAGE = 1_000;

interface Manifest {
  readonly config?: { readonly digest: string; readonly size: number };
  readonly layers?: readonly { readonly digest: string; readonly size: number }[];
}

export class Registry {
  private readonly settings: RegistrySettings;
  /** What a digest names never changes. */
  private readonly known = new Map<string, StoredImage>();

  constructor(settings: RegistrySettings) {
    this.settings = settings;
  }

  /** Names of all repositories that begin so; none where the registry does not list them. */
  async repositories(prefix: string): Promise<string[]> {
    const found: string[] = [];
    for (let last = ''; ;) {
      const from = last === '' ? '' : `&last=${encodeURIComponent(last)}`;
      const answer = await this.ask(`_catalog?n=${String(PAGE)}${from}`);
      if (!answer.ok) return found;
      const { repositories } = (await answer.json()) as { repositories: string[] | null };
      found.push(...(repositories ?? []).filter((name) => name.startsWith(prefix)));
      last = repositories?.at(-1) ?? '';
      if (last === '' || (repositories ?? []).length < PAGE) return found;
    }
  }

  async images(repository: string): Promise<StoredImage[]> {
    const answer = await this.ask(`${repository}/tags/list`);
    if (answer.status === 404) return [];
    const { tags } = (await this.checked(answer).json()) as { tags: string[] | null };
    const found = new Map<string, StoredImage>();
    for (const tag of tags ?? []) {
      const image = await this.image(repository, tag);
      if (image !== undefined) found.set(image.digest, image);
    }
    return [...found.values()];
  }

  async isMissing(repository: string, digest: string): Promise<boolean> {
    const head = await this.ask(`${repository}/manifests/${digest}`, { method: 'HEAD', accept: MANIFESTS });
    return head.status === 404;
  }

  /** One that is gone, or that the registry does not let go (405), is fine: its own admin decides what it deletes. */
  async remove(repository: string, digest: string): Promise<void> {
    const answer = await this.ask(`${repository}/manifests/${digest}`, { method: 'DELETE' });
    if (answer.status !== 404 && answer.status !== 405) this.checked(answer);
    this.known.delete(`${repository}@${digest}`);
  }

  private async image(repository: string, tag: string): Promise<StoredImage | undefined> {
    const head = await this.ask(`${repository}/manifests/${tag}`, { method: 'HEAD', accept: MANIFESTS });
    // Its manifest was removed, and the tag is left.
    if (head.status === 404) return undefined;
    const digest = this.checked(head).headers.get('docker-content-digest') ?? '';
    const key = `${repository}@${digest}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const answer = await this.ask(`${repository}/manifests/${digest}`, { accept: MANIFESTS });
    const manifest = (await this.checked(answer).json()) as Manifest;
    const parts = [...(manifest.layers ?? []), ...(manifest.config === undefined ? [] : [manifest.config])];
    const image = {
      digest,
      layers: parts.map((part) => ({ digest: part.digest, bytes: part.size })),
      createdAt: await this.createdAt(repository, manifest),
    };
    this.known.set(key, image);
    return image;
  }

  private async createdAt(repository: string, { config }: Manifest): Promise<number> {
    if (config === undefined) return 0;
    const answer = await this.ask(`${repository}/blobs/${config.digest}`);
    const { created } = (await this.checked(answer).json()) as { created?: string };
    return created === undefined ? 0 : Date.parse(created) || 0;
  }

  private async ask(path: string, { method = 'GET', accept = '*/*' } = {}): Promise<Response> {
    const { url, username, password } = this.settings;
    const login = `${username ?? ''}:${password ?? ''}`;
    return fetch(`${url}/v2/${path}`, {
      method,
      headers: {
        accept,
        ...(username === undefined
          ? {}
          : { authorization: `Basic ${Buffer.from(login).toString('base64')}` }),
      },
      signal: AbortSignal.timeout(CALL_MS),
    });
  }

  private checked(answer: Response): Response {
    if (answer.ok) return answer;
    throw new Error(`the registry answers ${String(answer.status)} for ${new URL(answer.url).pathname}`);
  }
}
