import { request as plainRequest } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { BlobWriter } from '../../build/session/content-service.ts';
import { RegistryRefused } from './registry.ts';
import type { Registries } from './registry.ts';

/** Milliseconds without a byte either way. */
const SILENCE_MS = 60_000;
/** Milliseconds without a byte once all is sent: the registry checks it, and puts it away. */
const COMMIT_MS = 600_000;
const MOST_SAID = 300;

export interface Upload {
  readonly registries: Registries;
  readonly host: string;
  readonly repository: string;
  readonly signal: AbortSignal;
}

const CREATED = 201;
const UNAUTHORIZED = 401;

/**
 * Begins to upload one blob, in one piece that is sent as it comes.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#post-then-put
 * @param size in bytes
 * @param from another repository there that may have it
 * @returns undefined: the registry has taken it from there
 * @throws RegistryRefused, and what the network says
 */
export async function startUpload(
  { registries, host, repository, signal }: Upload,
  digest: string,
  size: number,
  from?: string,
): Promise<BlobWriter | undefined> {
  const mount = from === undefined ? '' : `?${new URLSearchParams({ mount: digest, from }).toString()}`;
  const path = `blobs/uploads/${mount}`;
  const begun = await registries.request(host, repository, path, signal, { method: 'POST' });
  await begun.body?.cancel();
  if (begun.status === CREATED) return undefined;
  const place = new URL(begun.headers.get('location') ?? '', begun.url);
  place.searchParams.set('digest', digest);
  // Some registries send elsewhere for the bytes, with a permission in that address.
  const asked = new URL(begun.url);
  const ours = place.host === asked.host;
  // One behind a proxy may not know that it is reached by TLS.
  if (ours) place.protocol = asked.protocol;
  const authorization = ours ? registries.authorizationOf(begun) : undefined;
  const outgoing = (place.protocol === 'https:' ? tlsRequest : plainRequest)(place, {
    method: 'PUT',
    headers: {
      'content-type': 'application/octet-stream',
      'content-length': String(size),
      ...(authorization === undefined ? {} : { authorization }),
    },
    timeout: SILENCE_MS,
    signal,
  });
  return new BlobUpload(outgoing, `${host} for ${repository}`);
}

class BlobUpload implements BlobWriter {
  private readonly outgoing: ClientRequest;
  private readonly where: string;
  /** A registry may say no before it has heard all. */
  private readonly outcome: Promise<void>;
  private drained = Promise.withResolvers<void>();

  constructor(outgoing: ClientRequest, where: string) {
    this.outgoing = outgoing;
    this.where = where;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    outgoing.on('response', resolve).on('error', reject);
    outgoing.on('timeout', () => outgoing.destroy(new Error(`${where} has fallen silent`)));
    outgoing.on('drain', () => this.drained.resolve());
    this.outcome = promise.then((response) => this.accepted(response));
    this.outcome.catch(() => this.drained.resolve());
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.drained = Promise.withResolvers();
    if (this.outgoing.destroyed) await this.outcome;
    else if (!this.outgoing.write(bytes)) await this.drained.promise;
  }

  async commit(): Promise<void> {
    this.outgoing.setTimeout(COMMIT_MS);
    this.outgoing.end();
    await this.outcome;
  }

  abandon(): void {
    this.outgoing.destroy();
  }

  private async accepted(response: IncomingMessage): Promise<void> {
    const status = response.statusCode ?? 0;
    let said = '';
    for await (const chunk of response.setEncoding('utf8')) said = (said + String(chunk)).slice(0, MOST_SAID);
    if (status >= 200 && status < 300) return;
    this.outgoing.destroy();
    const message = `${this.where} answers ${status}: ${said}`;
    // It has let us begin: what let us in has run out meanwhile, and a new one will do.
    if (status === UNAUTHORIZED) throw new Error(message);
    throw new RegistryRefused(status, message);
  }
}
