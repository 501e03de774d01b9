import { findImage, MANIFESTS, ownPlatform, type FoundImage } from './find-image.ts';
import { RegistryRefused, type Registries } from './registry.ts';

const PAGE = 1_000;
const NOT_FOUND = 404;
const NOT_ALLOWED = 405;

/** What a registry holds. */
export class StoredImages {
  private readonly registries: Registries;
  private readonly host: string;
  /** What a digest names never changes. */
  private readonly known = new Map<string, FoundImage>();

  /** @param host as it stands in images' names: `registry.example.com:5000` */
  constructor(registries: Registries, host: string) {
    this.registries = registries;
    this.host = host;
  }

  /** Names of all repositories that begin so; none where the registry does not list them. */
  async repositories(prefix: string): Promise<string[]> {
    const found: string[] = [];
    for await (const page of this.pages('', '_catalog', `?n=${String(PAGE)}`)) {
      const { repositories } = page as { repositories: string[] | null };
      found.push(...(repositories ?? []).filter((name) => name.startsWith(prefix)));
    }
    return found;
  }

  /** Each image of a repository once. */
  async images(repository: string): Promise<FoundImage[]> {
    const found = new Map<string, FoundImage>();
    for await (const page of this.pages(repository, 'tags/list', '', [NOT_FOUND])) {
      const { tags } = page as { tags: string[] | null };
      for (const tag of tags ?? []) {
        const image = await this.image(repository, tag);
        if (image !== undefined) found.set(image.digest, image);
      }
    }
    return [...found.values()];
  }

  /** Whether the registry says that it does not have it. @throws what it says instead */
  async isMissing(repository: string, digest: string): Promise<boolean> {
    return (await this.head(repository, digest)) === undefined;
  }

  /** One that is gone, or that the registry does not let go, is fine: its own admin decides what it deletes. */
  async remove(repository: string, digest: string): Promise<void> {
    const removed = this.ask(repository, `manifests/${digest}`, { method: 'DELETE' });
    await this.unlessRefused(removed, [NOT_FOUND, NOT_ALLOWED]);
    this.known.delete(`${repository}@${digest}`);
  }

  /**
   * The pages of a list, however few of it the registry gives at once.
   * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags
   * @param first query
   * @param statuses that mean that there is no list; all when not given
   */
  private async *pages(
    repository: string,
    path: string,
    first: string,
    statuses?: readonly number[],
  ): AsyncGenerator {
    const seen = new Set<string>();
    for (let query: string | undefined = first; query !== undefined && !seen.has(query);) {
      seen.add(query);
      const answer = await this.unlessRefused(this.ask(repository, path + query), statuses);
      if (answer === undefined) return;
      yield await answer.json();
      query = nextQuery(answer.headers.get('link') ?? '');
    }
  }

  /** @returns undefined when its manifest was removed, and the tag is left */
  private async image(repository: string, tag: string): Promise<FoundImage | undefined> {
    const head = await this.head(repository, tag);
    const digest = head?.headers.get('docker-content-digest');
    if (digest === undefined || digest === null) return undefined;
    const key = `${repository}@${digest}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const reference = { host: this.host, repository, tag: undefined, digest };
    const image = await findImage(this.registries, reference, ownPlatform(), new AbortController().signal);
    this.known.set(key, image);
    return image;
  }

  private head(repository: string, name: string): Promise<Response | undefined> {
    const asked = this.ask(repository, `manifests/${name}`, { method: 'HEAD', accept: MANIFESTS });
    return this.unlessRefused(asked, [NOT_FOUND]);
  }

  private ask(
    repository: string,
    path: string,
    options?: { readonly method?: string; readonly accept?: string },
  ): Promise<Response> {
    return this.registries.request(this.host, repository, path, new AbortController().signal, options);
  }

  /** @param statuses that are an answer too; all when not given */
  private async unlessRefused(
    asked: Promise<Response>,
    statuses?: readonly number[],
  ): Promise<Response | undefined> {
    return asked.catch((error: unknown) => {
      const isAnswer =
        error instanceof RegistryRefused && (statuses === undefined || statuses.includes(error.status));
      if (isAnswer) return undefined;
      throw error;
    });
  }
}

/** What to ask the same list for next. Only the query counts: behind a proxy, a registry may not know its own address. */
function nextQuery(link: string): string | undefined {
  const target = /<(?<target>[^>]*)>\s*;[^,]*\brel="?next\b/i.exec(link)?.groups?.['target'];
  const start = target?.indexOf('?') ?? -1;
  return start === -1 ? undefined : target?.slice(start);
}
