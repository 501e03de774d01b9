import type { Login } from './docker-config.ts';

export interface RegistrySettings {
  /** Asked before a registry, in this order: `{ 'docker.io': ['10.243.0.1:5000'] }`. */
  readonly mirrors: Readonly<Record<string, readonly string[]>>;
  /** Spoken to without TLS. */
  readonly plainHttp: readonly string[];
  /** Where a registry answers that is not reached by its name: `{ 'localhost:5350': 'sluice-registry.sluice:5000' }`. */
  readonly endpoints?: Readonly<Record<string, string>>;
}

export interface RegistryRequest {
  readonly method?: string;
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The registry has answered, and the answer is no. */
export class RegistryRefused extends Error {
  /** HTTP status. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'RegistryRefused';
    this.status = status;
  }
}

/** Milliseconds for an answer. */
const ANSWER_MS = 15_000;
/** Milliseconds for an answer to what changes something: it may be copied or checked first. */
const CHANGED_MS = 60_000;
const UNAUTHORIZED = 401;
const MOST_SAID = 300;

/** Image registries by their HTTP API. https://github.com/opencontainers/distribution-spec */
export class Registries {
  private readonly settings: RegistrySettings;
  private readonly login: (host: string) => Login | undefined;
  /** Authorization that was given last, by host, repository and what it allows. */
  private readonly authorizations = new Map<string, string>();
  private readonly usedFor = new WeakMap<Response, string>();

  constructor(settings: RegistrySettings, login: (host: string) => Login | undefined) {
    this.settings = settings;
    this.login = login;
  }

  /** Where images of a registry are looked for. */
  placesOf(host: string): readonly string[] {
    return [...(this.settings.mirrors[host] ?? []), host];
  }

  /** Whether a registry is asked with a login. */
  needsLogin(host: string): boolean {
    return this.login(host) !== undefined;
  }

  /** The header by which a registry has let in the request that it answered so. */
  authorizationOf(answer: Response): string | undefined {
    return this.usedFor.get(answer);
  }

  /**
   * @param repository '' for what is of the whole registry
   * @param path within the repository, such as `manifests/latest`
   * @throws RegistryRefused, and what the network says
   */
  async request(
    host: string,
    repository: string,
    path: string,
    signal: AbortSignal,
    { method = 'GET', accept = '*/*', headers = {}, body }: RegistryRequest = {},
  ): Promise<Response> {
    const url = `${this.origin(host)}/v2/${repository === '' ? '' : `${repository}/`}${path}`;
    const access = accessOf(method);
    const ask = async (authorization: string | undefined): Promise<Response> => {
      const answer = await fetch(url, {
        method,
        headers: { accept, ...headers, ...(authorization === undefined ? {} : { authorization }) },
        ...(body === undefined ? {} : { body }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(access === 'pull' ? ANSWER_MS : CHANGED_MS)]),
      });
      if (authorization !== undefined) this.usedFor.set(answer, authorization);
      return answer;
    };
    // Requests go side by side: one that only reads must not put a token that only reads in place of another's.
    const key = `${host}/${repository} ${access}`;
    let response = await ask(this.authorizations.get(key));
    if (response.status === UNAUTHORIZED) {
      const authorization = await this.authorize(
        host,
        response.headers.get('www-authenticate') ?? '',
        signal,
      );
      if (authorization !== undefined) {
        await response.body?.cancel();
        this.authorizations.set(key, authorization);
        response = await ask(authorization);
      }
    }
    if (response.ok) return response;
    const said = (await response.text()).slice(0, MOST_SAID);
    throw new RegistryRefused(
      response.status,
      `${host} answers ${response.status} for ${repository || path}: ${said}`,
    );
  }

  private origin(host: string): string {
    const name = this.settings.endpoints?.[host] ?? (host === 'docker.io' ? 'registry-1.docker.io' : host);
    return `${this.settings.plainHttp.includes(host) ? 'http' : 'https'}://${name}`;
  }

  /** https://distribution.github.io/distribution/spec/auth/token/ */
  private async authorize(host: string, challenge: string, signal: AbortSignal): Promise<string | undefined> {
    const login = this.login(host);
    const basic =
      login === undefined
        ? undefined
        : `Basic ${Buffer.from(`${login.username}:${login.secret}`).toString('base64')}`;
    if (/^basic\b/i.test(challenge)) return basic;
    const fields = Object.fromEntries(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
    );
    const { realm, ...query } = fields;
    if (realm === undefined || !URL.canParse(realm)) return undefined;
    const url = new URL(realm);
    for (const name of ['service', 'scope']) {
      const value = query[name];
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const response = await fetch(url, {
      ...(basic === undefined ? {} : { headers: { authorization: basic } }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    if (isBusy(response.status)) {
      throw new RegistryRefused(
        response.status,
        `${url.host} answers ${response.status} for a token of ${host}`,
      );
    }
    if (!response.ok) return undefined;
    const { token, access_token: other } = (await response.json()) as {
      token?: string;
      access_token?: string;
    };
    const given = token ?? other;
    return given === undefined ? undefined : `Bearer ${given}`;
  }
}

/** An HTTP status after which another try may do better. */
export function isBusy(status: number): boolean {
  return status >= 500 || [408, 429].includes(status);
}

function accessOf(method: string): 'pull' | 'push' | 'delete' {
  if (method === 'GET' || method === 'HEAD') return 'pull';
  return method === 'DELETE' ? 'delete' : 'push';
}
