import type { KubernetesObject, V1Deployment, V1Namespace, V1ObjectMeta } from '@kubernetes/client-node';
import { ClusterRefused } from '../api/errors.ts';
import { ANNOTATION, LABEL, MANAGED_BY } from '../labels.ts';
import type { AppSpaces } from './app-spaces.ts';
import { readAsked } from './objects/asked.ts';
import { budgetObject, deploymentObject, serviceObject } from './objects/process-objects.ts';
import type { OwnChange, OwnKind, OwnObjects } from './own-objects.ts';

/** Something that somebody changed by hand, and that is put back. */
export interface Drift {
  readonly appId: string;
  readonly namespace: string;
  /** `Deployment web-v12` */
  readonly what: string;
  /** The field that differs, such as `spec.replicas`; `missing` when all of it was removed. */
  readonly field: string;
  /** Who wrote last, as the cluster calls it (`kubectl-edit`); undefined when the cluster does not say. */
  readonly by: string | undefined;
}

/** Milliseconds between two corrections of one object. */
const AT_MOST_EACH_MS = 1_000;

export interface DriftParts {
  readonly installationId: string;
  readonly own: OwnObjects;
  readonly spaces: AppSpaces;
  readonly drifted: (drift: Drift) => void;
  readonly failed: (error: unknown) => void;
}

/** Compares each change with what was asked for, and puts back what is not of our making. */
export class DriftWatch {
  private readonly parts: DriftParts;
  private readonly healing = new Set<string>();
  private readonly deaf: () => void;
  private closed = false;

  constructor(parts: DriftParts) {
    this.parts = parts;
    this.deaf = parts.own.onChange((change) => this.look(change));
  }

  close(): void {
    this.closed = true;
    this.deaf();
  }

  private look(change: OwnChange): void {
    const { namespace = change.object.metadata?.name ?? '' } = change.object.metadata ?? {};
    if (change.ours || this.parts.spaces.isLeaving(namespace)) return;
    const space = this.parts.own.get<V1Namespace>('Namespace', '', namespace);
    if (space === undefined || space.metadata?.deletionTimestamp !== undefined) return;
    if (change.gone && change.kind === 'Deployment') return this.lost(change.object);
    for (const asked of this.asked(change, space)) {
      const field = this.parts.own.differs(asked);
      if (field !== undefined && field !== 'leaving') this.putBack(asked, field, change.object);
    }
  }

  /** What should be there of what has changed; nothing when that cannot be told, or it should not be there at all. */
  private asked({ kind, object }: OwnChange, space: V1Namespace): KubernetesObject[] {
    const { installationId, own, spaces } = this.parts;
    const { namespace = '', name = '' } = object.metadata ?? {};
    if (kind === 'Deployment') {
      const asked = readAsked(object);
      return asked === undefined ? [] : [deploymentObject(installationId, asked)];
    }
    if (kind === 'Service' || kind === 'PodDisruptionBudget') {
      const owner = own.get<V1Deployment>('Deployment', namespace, name);
      const asked = owner?.metadata?.deletionTimestamp === undefined ? owner && readAsked(owner) : undefined;
      if (asked === undefined) return [];
      if (kind === 'Service') return asked.process === 'web' ? [serviceObject(installationId, asked)] : [];
      return asked.replicas > 1 ? [budgetObject(installationId, asked)] : [];
    }
    if (kind === 'ResourceQuota') {
      const asked = spaces.quota(appOf(space.metadata).id);
      return asked.metadata?.name === name ? [asked] : [];
    }
    return spaces
      .objects(appOf(space.metadata))
      .filter((asked) => asked.kind === kind && asked.metadata?.name === name);
  }

  /** Only the server knows whether it should still be there; it is told that replicas are missing. */
  private lost(object: KubernetesObject): void {
    this.tell(object, 'missing', object);
  }

  private putBack(asked: KubernetesObject, field: string, seen: KubernetesObject): void {
    const key = `${String(asked.kind)} ${String(asked.metadata?.namespace)}/${String(asked.metadata?.name)}`;
    if (this.healing.has(key)) return;
    this.healing.add(key);
    // In a turn of its own: what we write ourselves is heard of by the watch before the answer is read.
    setImmediate(() => {
      this.heal(asked, field, seen)
        .catch(this.parts.failed)
        .finally(() => setTimeout(() => this.lookAgain(key, asked), AT_MOST_EACH_MS));
    });
  }

  /** Another program that wants it otherwise must not be answered in a tight loop. */
  private lookAgain(key: string, asked: KubernetesObject): void {
    this.healing.delete(key);
    const { own } = this.parts;
    const kind = asked.kind as OwnKind;
    const object = own.get(kind, asked.metadata?.namespace ?? '', asked.metadata?.name ?? '');
    if (object !== undefined && !this.closed)
      this.look({ kind, object, previous: object, gone: false, ours: false });
  }

  private async heal(asked: KubernetesObject, field: string, seen: KubernetesObject): Promise<void> {
    const written = await this.parts.own.make(asked).catch((error: unknown) => {
      // Somebody removes the whole namespace, and what is in it goes first.
      if (error instanceof ClusterRefused && error.message.includes('being terminated')) return false;
      throw error;
    });
    if (written) this.tell(asked, field, seen);
  }

  private tell(asked: KubernetesObject, field: string, seen: KubernetesObject): void {
    this.parts.drifted({
      appId: asked.metadata?.labels?.[LABEL.app] ?? '',
      namespace: asked.metadata?.namespace ?? asked.metadata?.name ?? '',
      what: `${asked.kind ?? 'Deployment'} ${asked.metadata?.name ?? ''}`,
      field,
      by: field === 'missing' ? undefined : lastWriter(seen.metadata),
    });
  }
}

function appOf(metadata: V1ObjectMeta | undefined): { id: string; name: string } {
  return {
    id: metadata?.labels?.[LABEL.app] ?? '',
    name: metadata?.annotations?.[ANNOTATION.appName] ?? '',
  };
}

/** Who wrote last, but for ourselves and those who only report. */
function lastWriter(metadata: V1ObjectMeta | undefined): string | undefined {
  return metadata?.managedFields
    ?.filter(({ manager, subresource }) => subresource === undefined && manager !== MANAGED_BY)
    .toSorted((a, b) => time(b.time) - time(a.time))[0]?.manager;
}

function time(date: Date | string | undefined): number {
  return date === undefined ? 0 : new Date(date).getTime();
}
