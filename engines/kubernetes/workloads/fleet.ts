import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import type { Cluster } from '../api/cluster.ts';
import { unless } from '../api/errors.ts';
import { Reflector } from '../api/reflector.ts';
import { ANNOTATION, LABEL, ofInstallation } from '../labels.ts';
import { assignIndices } from './indices.ts';
import { listenersIn } from './listeners-in.ts';
import { missingReplicas, tellsOfReplicas, type Missing } from './missing-replicas.ts';
import { processName, readAsked, type AskedProcess } from './objects/asked.ts';
import type { OwnObjects } from './own-objects.ts';
import { lastLines } from './pod-logs.ts';
import type { PodFacts } from './pod-facts.ts';
import { ReplicaWatch } from './replica-watch.ts';

/** A pod of a release, watched. */
export interface Tracked {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly appId: string;
  readonly releaseId: string;
  readonly releaseNumber: number;
  readonly process: string;
  readonly watch: ReplicaWatch;
  pod: V1Pod;
  /** 1 to n within its process; 0 for the moment until it is given one. */
  index: number;
  /** A restart is replacing it: its index is free for the next one. */
  replaced: boolean;
  asked: AskedProcess | undefined;
}

export interface FleetEvents {
  /** A container has started, also again. */
  started(tracked: Tracked): void;
  /** Its container ended and was started again. */
  restarted(tracked: Tracked): void;
  /** Somebody has asked for its end, or it is over: evicted, or its node was shut down. */
  leaving(tracked: Tracked): void;
  /** It is gone from the cluster. */
  gone(tracked: Tracked): void;
}

export interface FleetParts {
  readonly cluster: Cluster;
  readonly installationId: string;
  readonly own: OwnObjects;
  /** Whether the registry says that it does not have an image. */
  readonly isImageMissing: (image: string) => Promise<boolean>;
  readonly failed: (error: unknown) => void;
}

/** `1000` for the first of a process and less for the next: the cluster removes the cheapest first. */
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const DEAREST = 1_000;

const ignore = (): undefined => undefined;

/** Every pod of every release of this installation, by one watch. */
export class Fleet {
  readonly pods: Reflector<V1Pod>;
  private readonly parts: FleetParts;
  private readonly tracked = new Map<string, Tracked>();
  private readonly changeListeners = new Set<(appId: string) => void>();
  private readonly podListeners = new Set<(pod: V1Pod, gone: boolean) => void>();
  private readonly eventListeners = new Set<Partial<FleetEvents>>();
  private readonly marking = new Map<string, Promise<void>>();

  constructor(parts: FleetParts) {
    this.parts = parts;
    const what = { path: '/api/v1/pods', labelSelector: ofInstallation(parts.installationId) };
    this.pods = new Reflector<V1Pod>(parts.cluster, what, {
      set: (pod) => this.set(pod),
      gone: (pod) => this.gone(pod),
      failed: parts.failed,
    });
    parts.own.onChange((change) => {
      const {
        [LABEL.app]: appId,
        [LABEL.release]: releaseId,
        [LABEL.process]: process,
      } = change.object.metadata?.labels ?? {};
      if (change.kind !== 'Deployment' || appId === undefined || !tellsOfReplicas(change)) return;
      this.index(appId, releaseId ?? '', process ?? '');
      this.tell(appId);
    });
  }

  start(): void {
    this.pods.start();
    this.parts.own.start();
  }

  /** Calls back with the app's id whenever a replica appeared, changed or went; returns how to stop. */
  onChange(listener: (appId: string) => void): () => void {
    this.start();
    this.changeListeners.add(listener);
    return () => this.changeListeners.delete(listener);
  }

  /** Any pod of ours, also of one-offs; returns how to stop. */
  onPod(listener: (pod: V1Pod, gone: boolean) => void): () => void {
    this.podListeners.add(listener);
    return () => this.podListeners.delete(listener);
  }

  onEvent(listener: Partial<FleetEvents>): () => void {
    this.start();
    this.eventListeners.add(listener);
    return () => this.eventListeners.delete(listener);
  }

  /**
   * Pods that are there, with their states known, and what a fresh server would tell of them: an index that is not in the
   * cluster yet would be another there.
   * @throws ClusterUnreachable when the API server cannot be heard
   */
  async current(filter: { appId?: string; releaseId?: string } = {}): Promise<Tracked[]> {
    await this.heard();
    const found = this.find(filter);
    await Promise.all(found.map(({ watch }) => watch.settled));
    await Promise.all(found.map(async ({ uid }) => this.marking.get(uid)));
    return this.find(filter);
  }

  /** @throws ClusterUnreachable */
  async heard(): Promise<void> {
    await Promise.all([this.pods.current(), this.parts.own.current('Deployment')]);
  }

  find({ appId, releaseId }: { appId?: string; releaseId?: string }): Tracked[] {
    return [...this.tracked.values()].filter(
      (one) =>
        (appId === undefined || one.appId === appId) &&
        (releaseId === undefined || one.releaseId === releaseId) &&
        one.watch.facts.phase !== 'over',
    );
  }

  missing(appId?: string): Missing[] {
    return missingReplicas(this.parts.own.known<V1Deployment>('Deployment'), appId, (asked) =>
      this.group(asked.appId, asked.releaseId, asked.process).filter((one) => !leaves(one)),
    );
  }

  group(appId: string, releaseId: string, process: string): Tracked[] {
    return this.find({ appId, releaseId }).filter((one) => one.process === process);
  }

  /** What was asked for of its process; undefined when nobody knows any more. */
  askedOf(one: Tracked): AskedProcess | undefined {
    const name = processName({ process: one.process, releaseNumber: one.releaseNumber });
    const deployment = this.parts.own.get<V1Deployment>('Deployment', one.namespace, name);
    one.asked = (deployment && readAsked(deployment)) ?? one.asked;
    return one.asked;
  }

  /** A restart is about to replace it. */
  markReplaced(one: Tracked, replaced: boolean): void {
    one.replaced = replaced;
    this.index(one.appId, one.releaseId, one.process);
  }

  async close(): Promise<void> {
    this.changeListeners.clear();
    this.podListeners.clear();
    this.eventListeners.clear();
    await this.pods.close();
    for (const { watch } of this.tracked.values()) watch.close();
    this.tracked.clear();
  }

  /** @param cost lowest goes first */
  async mark(one: Tracked, cost: number, wasReady: boolean): Promise<void> {
    const change = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: one.name,
        namespace: one.namespace,
        uid: one.uid,
        labels: { [LABEL.index]: String(one.index) },
        annotations: { [DELETION_COST]: String(cost), ...(wasReady ? { [ANNOTATION.wasReady]: 'yes' } : {}) },
      },
    };
    const marked = await unless([404, 409], this.parts.cluster.merge<V1Pod>(change));
    if (marked !== undefined) this.pods.take(marked);
  }

  private set(pod: V1Pod): void {
    const uid = pod.metadata?.uid ?? '';
    const known = this.tracked.get(uid);
    const one = known ?? this.track(pod);
    for (const listener of this.podListeners) listener(pod, false);
    if (one === undefined) return;
    const before = known?.watch.facts;
    one.pod = pod;
    if (known !== undefined) one.watch.lookAgain(pod);
    const { facts } = one.watch;
    if (facts.leaving !== before?.leaving || facts.phase === 'over') {
      this.index(one.appId, one.releaseId, one.process);
    }
    for (const listener of this.eventListeners) {
      if (
        facts.phase === 'running' &&
        (before?.phase !== 'running' || before.startedAt !== facts.startedAt)
      ) {
        listener.started?.(one);
      }
      if (before !== undefined && facts.restarts > before.restarts) listener.restarted?.(one);
      if (ends(facts) && (before === undefined || !ends(before))) {
        listener.leaving?.(one);
      }
    }
    if (known === undefined) this.tell(one.appId);
  }

  private gone(pod: V1Pod): void {
    for (const listener of this.podListeners) listener(pod, true);
    const one = this.tracked.get(pod.metadata?.uid ?? '');
    if (one === undefined) return;
    this.tracked.delete(one.uid);
    one.watch.close();
    for (const listener of this.eventListeners) listener.gone?.(one);
    this.index(one.appId, one.releaseId, one.process);
    this.tell(one.appId);
  }

  private track(pod: V1Pod): Tracked | undefined {
    const { uid = '', name = '', namespace = '', labels = {} } = pod.metadata ?? {};
    if (labels[LABEL.kind] !== 'replica') return undefined;
    const one: Tracked = {
      uid,
      name,
      namespace,
      appId: labels[LABEL.app] ?? '',
      releaseId: labels[LABEL.release] ?? '',
      releaseNumber: Number(labels[LABEL.releaseNumber]),
      process: labels[LABEL.process] ?? '',
      pod,
      index: Number(labels[LABEL.index] ?? 0),
      replaced: false,
      asked: undefined,
      watch: new ReplicaWatch({
        pod,
        asked: () => this.askedOf(one),
        askedIsKnown: () => this.parts.own.current('Deployment').then(ignore, ignore),
        index: () => one.index,
        lastLines: (facts) => lastLines(this.parts.cluster, one, facts),
        listeners: () => listenersIn(this.parts.cluster, one),
        isImageMissing: () => this.parts.isImageMissing(pod.spec?.containers[0]?.image ?? ''),
        changed: () => this.tell(one.appId),
        becameReady: () => this.noteReady(one),
      }),
    };
    this.tracked.set(uid, one);
    this.index(one.appId, one.releaseId, one.process);
    return one;
  }

  /** Gives the pods of one process their numbers. */
  private index(appId: string, releaseId: string, process: string): void {
    const group = this.group(appId, releaseId, process);
    const [first] = group;
    if (first === undefined) return;
    const wanted = this.askedOf(first)?.replicas ?? group.length;
    const indices = assignIndices(
      group.map((one) => ({
        uid: one.uid,
        createdAt: new Date(one.pod.metadata?.creationTimestamp ?? 0).getTime(),
        leaves: leaves(one),
        ...(one.index > 0 ? { index: one.index } : {}),
      })),
      wanted,
    );
    for (const one of group) {
      const index = indices.get(one.uid) ?? one.index;
      if (index === one.index) continue;
      one.index = index;
      if (one.watch.facts.wasReady && !leaves(one)) this.noteReady(one);
      this.tell(appId);
    }
  }

  /** Marks it in the cluster, so that a fresh server knows. Once at a time: each health request may ask for it. */
  private noteReady(one: Tracked): void {
    if (this.marking.has(one.uid)) return;
    this.marking.set(one.uid, this.markReady(one));
  }

  private async markReady(one: Tracked): Promise<void> {
    const { index } = one;
    let written = true;
    try {
      await this.mark(one, DEAREST - index, true);
    } catch (error) {
      written = false;
      this.parts.failed(error);
    }
    this.marking.delete(one.uid);
    // Given another while that was written.
    if (written && one.index !== index && !leaves(one)) this.noteReady(one);
  }

  private tell(appId: string): void {
    for (const listener of this.changeListeners) listener(appId);
  }
}

export function leaves({ watch, replaced }: Tracked): boolean {
  return replaced || ends(watch.facts);
}

function ends({ leaving, phase }: PodFacts): boolean {
  return leaving || phase === 'over';
}
