import { request } from 'node:https';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { KubeConfig, KubernetesObjectApi, PatchStrategy } from '@kubernetes/client-node';
import type { KubernetesListObject, KubernetesObject, V1DeleteOptions } from '@kubernetes/client-node';
import { reached, refusedOrAway, understood, unless } from './errors.ts';

export interface ClusterSettings {
  /** Absent: the service account of the pod that this runs in. */
  readonly kubeconfig?: string;
  /** Writes carry it, and its fields are ours: a change of them by hand is seen and put back. */
  readonly fieldManager?: string;
}

export interface ObjectName {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

export interface RemoveOptions {
  readonly graceSeconds?: number;
  /** Only the object of this uid: not one of the same name that was made since. */
  readonly uid?: string;
  /** `Foreground`: what it owns goes first. */
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
}

const FIELD_MANAGER = 'sluice';
const MOST_SAID = 64 * 1024;

/** The Kubernetes API, as the engine uses it. No connection is made before the first call. */
export class Cluster {
  readonly config: KubeConfig;
  private readonly objects: KubernetesObjectApi;
  private readonly fieldManager: string;

  private constructor(config: KubeConfig, fieldManager: string) {
    this.config = config;
    this.objects = KubernetesObjectApi.makeApiClient(config);
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
    const applied = this.objects.patch(
      object,
      undefined,
      undefined,
      this.fieldManager,
      true,
      PatchStrategy.ServerSideApply,
    );
    return (await reached(applied)) as T;
  }

  /** @throws ClusterRefused 409 when there is one of that name */
  async create<T extends KubernetesObject>(object: T): Promise<T> {
    return (await reached(this.objects.create(object, undefined, undefined, this.fieldManager))) as T;
  }

  /** Changes the fields given, by a JSON merge patch; null removes one. @throws ClusterRefused 404, 409 */
  async merge<T extends KubernetesObject>(change: T): Promise<T> {
    const merged = this.objects.patch(
      change,
      undefined,
      undefined,
      this.fieldManager,
      undefined,
      PatchStrategy.MergePatch,
    );
    return (await reached(merged)) as T;
  }

  /** @returns undefined when there is none */
  async read<T extends KubernetesObject>({
    apiVersion,
    kind,
    ...metadata
  }: ObjectName): Promise<T | undefined> {
    const named = { apiVersion, kind, metadata: { namespace: '', ...metadata } };
    return (await unless([404], this.objects.read(named))) as T | undefined;
  }

  /** @param namespace absent: all */
  async list<T extends KubernetesObject>(
    apiVersion: string,
    kind: string,
    labelSelector: string,
    namespace?: string,
  ): Promise<KubernetesListObject<T>> {
    const listed = this.objects.list(
      apiVersion,
      kind,
      namespace,
      undefined,
      undefined,
      undefined,
      undefined,
      labelSelector,
    );
    return (await reached(listed)) as KubernetesListObject<T>;
  }

  /** Asks for its end; one that is gone, or another by now, is fine. */
  async remove({ apiVersion, kind, ...metadata }: ObjectName, options: RemoveOptions = {}): Promise<void> {
    const body: V1DeleteOptions = {
      propagationPolicy: options.propagation ?? 'Background',
      ...(options.graceSeconds === undefined ? {} : { gracePeriodSeconds: options.graceSeconds }),
      ...(options.uid === undefined ? {} : { preconditions: { uid: options.uid } }),
    };
    const gone = options.uid === undefined ? [404] : [404, 409];
    await unless(
      gone,
      this.objects.delete(
        { apiVersion, kind, metadata },
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        body,
      ),
    );
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
    signal.throwIfAborted();
    const url = new URL(`${this.config.getCurrentCluster()?.server ?? ''}${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const options: RequestOptions = {};
    await this.config.applyToHTTPSOptions(options);
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    request(url, { ...options, signal })
      .on('response', resolve)
      .on('error', reject)
      .end();
    const response = await promise.catch((error: unknown) => {
      signal.throwIfAborted();
      throw understood(error);
    });
    if (response.statusCode === 200) return response;
    throw refusedOrAway(response.statusCode ?? 0, await beginning(response));
  }
}

async function beginning(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > MOST_SAID) break;
  }
  return text;
}
