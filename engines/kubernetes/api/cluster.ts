import { Agent, request } from 'node:https';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { KubeConfig } from '@kubernetes/client-node';
import type { KubernetesListObject, KubernetesObject, V1DeleteOptions } from '@kubernetes/client-node';
import { ClusterUnreachable, refusedOrAway, understood, unless } from './errors.ts';
import { collectionPath, objectPath, type ObjectName } from './paths.ts';

export type { ObjectName };

export interface ClusterSettings {
  /** Absent: the service account of the pod that this runs in. */
  readonly kubeconfig?: string;
  /** Writes carry it, and its fields are ours: a change of them by hand is seen and put back. */
  readonly fieldManager?: string;
}

export interface RemoveOptions {
  readonly graceSeconds?: number;
  /** Only the object of this uid: not one of the same name that was made since. */
  readonly uid?: string;
  /** `Foreground`: what it owns goes first. */
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: { readonly type: string; readonly content: object };
  readonly signal: AbortSignal;
}

const FIELD_MANAGER = 'sluice';
const MOST_SAID = 64 * 1024;
/** Milliseconds for a call that is no stream: the API server itself gives up after 60 s. */
const CALL_MS = 30_000;

/**
 * The Kubernetes API, as the engine uses it. No connection is made before the first call. Objects are those of the wire,
 * both ways: times are text whatever their type says, and `from` is not `_from`. The library's own object client, which
 * translates, also leaves out what it does not know and makes a connection for each call.
 */
export class Cluster {
  readonly config: KubeConfig;
  private readonly fieldManager: string;
  private readonly agent = new Agent({ keepAlive: true });

  private constructor(config: KubeConfig, fieldManager: string) {
    this.config = config;
    this.fieldManager = fieldManager;
  }

  /** @throws Error when the file cannot be read or names no cluster, or when this is no pod */
  static connect({ kubeconfig, fieldManager = FIELD_MANAGER }: ClusterSettings = {}): Cluster {
    const config = new KubeConfig();
    if (kubeconfig === undefined) config.loadFromCluster();
    else config.loadFromFile(kubeconfig);
    if (config.getCurrentCluster() === null) {
      throw new Error(`${kubeconfig ?? 'the service account'} names no current cluster`);
    }
    return new Cluster(config, fieldManager);
  }

  /**
   * Server-side apply: the fields given become so, whoever set them before; others stay as they are.
   * With `metadata.resourceVersion` only if nobody has changed the object since.
   */
  async apply<T extends KubernetesObject>(object: T): Promise<T> {
    return this.call('PATCH', objectPath(nameOf(object)), {
      query: { fieldManager: this.fieldManager, force: 'true' },
      body: { type: 'application/apply-patch+yaml', content: object },
    });
  }

  /** @throws ClusterRefused 409 when there is one of that name */
  async create<T extends KubernetesObject>(object: T): Promise<T> {
    const { apiVersion, kind, namespace } = nameOf(object);
    return this.call('POST', collectionPath(apiVersion, kind, namespace), {
      query: { fieldManager: this.fieldManager },
      body: { type: 'application/json', content: object },
    });
  }

  /** Makes the whole object be so, what others have added included. @throws ClusterRefused 404, 409 */
  async replace<T extends KubernetesObject>(object: T): Promise<T> {
    return this.call('PUT', objectPath(nameOf(object)), {
      query: { fieldManager: this.fieldManager },
      body: { type: 'application/json', content: object },
    });
  }

  /** Changes the fields given, by a JSON merge patch; null removes one. @throws ClusterRefused 404, 409 */
  async merge<T extends KubernetesObject>(change: T): Promise<T> {
    return this.call('PATCH', objectPath(nameOf(change)), {
      query: { fieldManager: this.fieldManager },
      body: { type: 'application/merge-patch+json', content: change },
    });
  }

  /** @returns undefined when there is none */
  async read<T extends KubernetesObject>(name: ObjectName): Promise<T | undefined> {
    return unless([404], this.call<T>('GET', objectPath(name)));
  }

  /** @param namespace absent: all */
  async list<T extends KubernetesObject>(
    apiVersion: string,
    kind: string,
    labelSelector: string,
    namespace?: string,
  ): Promise<KubernetesListObject<T>> {
    return this.call('GET', collectionPath(apiVersion, kind, namespace), { query: { labelSelector } });
  }

  /** Asks for its end; one that is gone, or another by now, is fine. */
  async remove(name: ObjectName, options: RemoveOptions = {}): Promise<void> {
    const content: V1DeleteOptions = {
      propagationPolicy: options.propagation ?? 'Background',
      ...(options.graceSeconds === undefined ? {} : { gracePeriodSeconds: options.graceSeconds }),
      ...(options.uid === undefined ? {} : { preconditions: { uid: options.uid } }),
    };
    const gone = options.uid === undefined ? [404] : [404, 409];
    const body = { type: 'application/json', content };
    await unless(gone, this.call('DELETE', objectPath(name), { body }));
  }

  /**
   * The bytes of an answer as they come, for watches and logs; reading slowly holds the sender.
   * @param path such as `/api/v1/pods`
   */
  async stream(
    path: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    return this.answer({ method: 'GET', path, query, signal });
  }

  private async call<T>(method: string, path: string, more: Pick<Call, 'query' | 'body'> = {}): Promise<T> {
    const signal = AbortSignal.timeout(CALL_MS);
    try {
      return JSON.parse(await whole(await this.answer({ method, path, ...more, signal }))) as T;
    } catch (error) {
      if (signal.aborted) throw new ClusterUnreachable(new Error(`no answer within ${String(CALL_MS)} ms`));
      throw understood(error);
    }
  }

  /** @throws ClusterRefused, ClusterUnreachable */
  private async answer(call: Call): Promise<IncomingMessage> {
    call.signal.throwIfAborted();
    let response: IncomingMessage;
    try {
      response = await this.send(call).catch((error: unknown) => {
        // The API server had closed a connection that was kept, just as it was used again.
        if (error instanceof StaleConnection) return this.send(call);
        throw error;
      });
    } catch (error) {
      call.signal.throwIfAborted();
      throw understood(error instanceof StaleConnection ? error.cause : error);
    }
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return response;
    throw refusedOrAway(status, await beginning(response));
  }

  private async send({ method, path, query = {}, body, signal }: Call): Promise<IncomingMessage> {
    const cluster = this.config.getCurrentCluster();
    const url = new URL(`${cluster?.server ?? ''}${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const options: RequestOptions = {};
    await this.config.applyToHTTPSOptions(options);
    if (cluster?.proxyUrl === undefined) options.agent = this.agent;
    const content = body === undefined ? undefined : JSON.stringify(body.content);
    const headers = {
      ...(options.headers as Record<string, string> | undefined),
      accept: 'application/json, */*',
      // Node gives a DELETE no length by itself, and what follows on the connection would be taken for its body.
      ...(content === undefined
        ? {}
        : { 'content-type': body?.type, 'content-length': String(Buffer.byteLength(content)) }),
    };
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const outgoing = request(url, { ...options, method, headers, signal });
    outgoing.on('response', resolve).on('error', (error: NodeJS.ErrnoException) => {
      const stale = outgoing.reusedSocket && error.code === 'ECONNRESET';
      reject(stale ? new StaleConnection('a kept connection was closed', { cause: error }) : error);
    });
    outgoing.end(content);
    return promise;
  }
}

class StaleConnection extends Error {}

function nameOf({ apiVersion, kind, metadata }: KubernetesObject): ObjectName {
  return {
    apiVersion: apiVersion ?? '',
    kind: kind ?? '',
    name: metadata?.name ?? '',
    ...(metadata?.namespace === undefined ? {} : { namespace: metadata.namespace }),
  };
}

async function whole(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  return text;
}

async function beginning(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > MOST_SAID) break;
  }
  return text;
}
