import { once } from 'node:events';
import { request as plainRequest } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { BlobWriter } from '../../build/session/content-service.ts';
import { RegistryRefused } from './registry.ts';
import type { Registries } from './registry.ts';

/** Milliseconds without a byte either way. */
const SILENCE_MS = 60_000;
const MOST_SAID = 300;

export interface Upload {
  readonly registries: Registries;
  readonly host: string;
  readonly repository: string;
  readonly signal: AbortSignal;
}

/**
 * Begins to upload one blob, in one piece that is sent as it comes.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#post-then-put
 * @param size in bytes
 * @throws RegistryRefused, and what the network says
 */
export async function startUpload(
  { registries, host, repository, signal }: Upload,
  digest: string,
  size: number,
): Promise<BlobWriter> {
  const begun = await registries.request(host, repository, 'blobs/uploads/', signal, { method: 'POST' });
  await begun.body?.cancel();
  const place = new URL(begun.headers.get('location') ?? '', begun.url);
  place.searchParams.set('digest', digest);
  // Some registries send elsewhere for the bytes, with a permission in that address.
  const ours = place.origin === new URL(begun.url).origin;
  const authorization = ours ? registries.authorizationAt(host, repository) : undefined;
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
  private readonly answered: Promise<IncomingMessage>;

  constructor(outgoing: ClientRequest, where: string) {
    this.outgoing = outgoing;
    this.where = where;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    this.answered = promise;
    // A registry may say no before it has heard all.
    this.answered.catch(() => undefined);
    outgoing.on('response', resolve).on('error', reject);
    outgoing.on('timeout', () => outgoing.destroy(new Error(`${where} has fallen silent`)));
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.outgoing.write(bytes)) return;
    const over = new AbortController();
    const early = this.answered.then((response) => this.accepted(response));
    try {
      await Promise.race([once(this.outgoing, 'drain', { signal: over.signal }), early]);
    } finally {
      over.abort();
    }
  }

  async commit(): Promise<void> {
    this.outgoing.end();
    await this.accepted(await this.answered);
  }

  abandon(): void {
    this.outgoing.destroy();
  }

  private async accepted(response: IncomingMessage): Promise<void> {
    const status = response.statusCode ?? 0;
    let said = '';
    for await (const chunk of response.setEncoding('utf8')) said = (said + String(chunk)).slice(0, MOST_SAID);
    if (status < 200 || status >= 300) {
      throw new RegistryRefused(status, `${this.where} answers ${status}: ${said}`);
    }
  }
}
