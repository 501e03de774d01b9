import type { KubernetesObject } from '@kubernetes/client-node';
import type { Cluster, ObjectName } from '../api/cluster.ts';
import { ClusterRefused, unless } from '../api/errors.ts';
import { collectionPath } from '../api/paths.ts';
import { Reflector } from '../api/reflector.ts';
import { ANNOTATION, ofInstallation } from '../labels.ts';
import { difference } from './objects/difference.ts';
import { foreignField } from './objects/foreign-field.ts';

/** Kinds of which all that the platform made is known by watching. Secrets are not: nobody may list them everywhere. */
const KINDS = {
  Namespace: 'v1',
  ServiceAccount: 'v1',
  Service: 'v1',
  ResourceQuota: 'v1',
  Deployment: 'apps/v1',
  NetworkPolicy: 'networking.k8s.io/v1',
  PodDisruptionBudget: 'policy/v1',
} as const;

export type OwnKind = keyof typeof KINDS;

const LONGEST_GOING_MS = 120_000;
const TRIES = 5;

export interface OwnChange {
  readonly kind: OwnKind;
  readonly object: KubernetesObject;
  /** What was known of it before. */
  readonly previous: KubernetesObject | undefined;
  readonly gone: boolean;
  /** We asked for it. */
  readonly ours: boolean;
}

export interface OwnObjectsParts {
  readonly cluster: Cluster;
  readonly installationId: string;
  /** Of this server in the journal; what a newer one wrote is left alone. */
  readonly generation?: number;
  readonly failed: (error: unknown) => void;
}

/** What this installation has in the cluster besides pods: known by watching, written only where it differs. */
export class OwnObjects {
  private readonly parts: OwnObjectsParts;
  private readonly reflectors: ReadonlyMap<string, Reflector<KubernetesObject>>;
  private readonly listeners = new Set<(change: OwnChange) => void>();
  /** Uids of what we have asked to be removed. */
  private readonly removing = new Set<string>();

  constructor(parts: OwnObjectsParts) {
    this.parts = parts;
    this.reflectors = new Map(
      Object.entries(KINDS).map(([kind, apiVersion]) => [kind, this.reflector(kind as OwnKind, apiVersion)]),
    );
  }

  onChange(listener: (change: OwnChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  start(): void {
    for (const reflector of this.reflectors.values()) reflector.start();
  }

  async close(): Promise<void> {
    this.listeners.clear();
    await Promise.all([...this.reflectors.values()].map((reflector) => reflector.close()));
  }

  /** @throws ClusterUnreachable when the API server cannot be heard */
  async current<T extends KubernetesObject>(kind: OwnKind): Promise<readonly T[]> {
    return (await this.of(kind).current()) as readonly T[];
  }

  /** What was last known, without asking. */
  known<T extends KubernetesObject>(kind: OwnKind): readonly T[] {
    return this.of(kind).lastKnown() as readonly T[];
  }

  get<T extends KubernetesObject>(kind: OwnKind, namespace: string, name: string): T | undefined {
    return this.of(kind).get(namespace, name) as T | undefined;
  }

  /** Where what is there differs from what was asked for; undefined when it does not. */
  differs(asked: KubernetesObject): string | undefined {
    const there = this.counterpart(asked);
    if (there === undefined) return 'missing';
    if (there.metadata?.deletionTimestamp !== undefined) return 'leaving';
    return difference(asked, withKind(there, asked)) ?? foreignField(there.metadata);
  }

  /** Makes an object of a watched kind be so. @returns whether anything had to be written */
  async make(asked: KubernetesObject): Promise<boolean> {
    await this.of(asked.kind as OwnKind).current();
    if (this.differs(asked) === undefined) return false;
    this.refuseOlder(this.counterpart(asked));
    const applied = await this.parts.cluster.apply(this.signed(asked));
    if (applied.metadata?.deletionTimestamp !== undefined) {
      throw new Error(`${String(asked.kind)} ${String(asked.metadata?.name)} is being removed`);
    }
    this.of(asked.kind as OwnKind).take(applied);
    const differs = difference(asked, applied) ?? foreignField(applied.metadata);
    if (differs !== undefined) await this.makeExactly(asked, applied);
    return true;
  }

  /** Sets annotations beside those that are there, null removes one; nothing where the object is gone. */
  async annotate(
    { apiVersion, kind, name, namespace }: ObjectName & { readonly kind: OwnKind },
    annotations: Readonly<Record<string, string | null>>,
  ): Promise<void> {
    const metadata = { name, ...(namespace === undefined ? {} : { namespace }), annotations };
    const change = { apiVersion, kind, metadata } as KubernetesObject;
    const written = await unless([404], this.parts.cluster.merge(change));
    if (written !== undefined) this.of(kind).take(written);
  }

  /** Asks for the end of this very object; one of its name that was made since stays. */
  async remove(kind: OwnKind, object: KubernetesObject): Promise<void> {
    const { name = '', namespace, uid = '' } = object.metadata ?? {};
    this.refuseOlder(this.of(kind).get(namespace ?? '', name) ?? object);
    this.removing.add(uid);
    const named: ObjectName = {
      apiVersion: KINDS[kind],
      kind,
      name,
      ...(namespace === undefined ? {} : { namespace }),
    };
    await this.parts.cluster.remove(named, uid === '' ? {} : { uid });
  }

  /** @throws Error when it is still there after two minutes */
  async untilGone(kind: OwnKind, namespace: string, name: string): Promise<void> {
    if (this.get(kind, namespace, name) === undefined) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const late = setTimeout(() => reject(new Error(`${kind} ${name} does not go away`)), LONGEST_GOING_MS);
    const stop = this.onChange(() => {
      if (this.get(kind, namespace, name) === undefined) resolve();
    });
    await promise.finally(() => {
      clearTimeout(late);
      stop();
    });
  }

  /** Somebody added what an apply leaves there. */
  private async makeExactly(asked: KubernetesObject, there: KubernetesObject, tries = TRIES): Promise<void> {
    const { resourceVersion, uid } = there.metadata ?? {};
    const exactly = this.signed(asked);
    const { cluster } = this.parts;
    try {
      const replaced = await cluster.replace({
        ...exactly,
        metadata: Object.assign({}, exactly.metadata, { resourceVersion, uid }),
      });
      this.of(asked.kind as OwnKind).take(replaced);
    } catch (error) {
      // The cluster itself writes to it, too: how many replicas are ready, for one.
      if (!(error instanceof ClusterRefused && error.why === 'Conflict') || tries === 1) throw error;
      const { name = '', namespace } = asked.metadata ?? {};
      const kind = { apiVersion: asked.apiVersion ?? '', kind: asked.kind ?? '' };
      const now = await cluster.read({ ...kind, name, ...(namespace === undefined ? {} : { namespace }) });
      if (now === undefined || now.metadata?.uid !== uid) return;
      this.of(asked.kind as OwnKind).take(now);
      this.refuseOlder(now);
      await this.makeExactly(asked, now, tries - 1);
    }
  }

  private refuseOlder(there: KubernetesObject | undefined): void {
    const { generation } = this.parts;
    const theirs = Number(there?.metadata?.annotations?.[ANNOTATION.generation] ?? 0);
    if (generation === undefined || theirs <= generation) return;
    throw new Error(
      `a newer server (generation ${String(theirs)}) writes ${String(there?.metadata?.name)}: this one is ${String(generation)}`,
    );
  }

  private signed<T extends KubernetesObject>(asked: T): T {
    const { generation } = this.parts;
    if (generation === undefined) return asked;
    const annotations = { ...asked.metadata?.annotations, [ANNOTATION.generation]: String(generation) };
    return { ...asked, metadata: Object.assign({}, asked.metadata, { annotations }) };
  }

  private counterpart(asked: KubernetesObject): KubernetesObject | undefined {
    return this.of(asked.kind as OwnKind).get(asked.metadata?.namespace ?? '', asked.metadata?.name ?? '');
  }

  private of(kind: OwnKind): Reflector<KubernetesObject> {
    const found = this.reflectors.get(kind);
    if (found === undefined) throw new TypeError(`${kind} is not watched`);
    return found;
  }

  private reflector(kind: OwnKind, apiVersion: string): Reflector<KubernetesObject> {
    const { cluster, installationId, failed } = this.parts;
    const what = {
      path: collectionPath(apiVersion, kind),
      labelSelector: ofInstallation(installationId),
    };
    return new Reflector(cluster, what, {
      set: (object, previous) => this.tell({ kind, object, previous, gone: false, ours: false }),
      gone: (object) => {
        const ours = this.removing.delete(object.metadata?.uid ?? '');
        this.tell({ kind, object, previous: object, gone: true, ours });
      },
      failed,
    });
  }

  private tell(change: OwnChange): void {
    for (const listener of this.listeners) listener(change);
  }
}

/** Lists leave the kind of their items out. */
function withKind(there: KubernetesObject, { apiVersion, kind }: KubernetesObject): KubernetesObject {
  return {
    ...there,
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(kind === undefined ? {} : { kind }),
  };
}
