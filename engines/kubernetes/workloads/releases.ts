import type { V1Deployment } from '@kubernetes/client-node';
import { Refusal } from '../../../core/reason.ts';
import type { AppRef, ProcessSpec, ReleaseSpec } from '../../port.ts';
import type { AppTurns } from '../../replicas/app-turns.ts';
import type { Cluster } from '../api/cluster.ts';
import { ClusterRefused } from '../api/errors.ts';
import { appNamespace, LABEL } from '../labels.ts';
import type { AppSpaces } from './app-spaces.ts';
import { leaves, type Fleet, type Tracked } from './fleet.ts';
import { changed, processName, readAsked, type AskedProcess, type ResourceLimits } from './objects/asked.ts';
import { refuseRoot } from './objects/pod-spec.ts';
import { askedProcess, processObjects } from './objects/process-objects.ts';
import type { OwnKind, OwnObjects } from './own-objects.ts';
import type { ReleaseSecrets } from './release-secrets.ts';
import { hurry, until, untilGone } from './pod-endings.ts';
import { isReadyInCluster } from './pod-facts.ts';

export interface ReleaseParts {
  readonly cluster: Cluster;
  readonly installationId: string;
  readonly limits: ResourceLimits;
  readonly own: OwnObjects;
  readonly fleet: Fleet;
  readonly spaces: AppSpaces;
  readonly secrets: ReleaseSecrets;
  readonly turns: AppTurns;
}

/**
 * A failed replica stays so long, in milliseconds: whoever watches a rollout sees why, and a live release is tried again
 * without end, but not in a tight loop.
 */
const RETRY_FAILED_AFTER = 30_000;

/** Milliseconds for a node to be found and an image to be pulled, beyond the health limit. */
const START_MS = 60_000;

/** What the kubelet says of an image that it did not get. */
const PULLS: readonly string[] = ['ErrImagePull', 'ImagePullBackOff'];
/** And of a Secret that is not there. */
const CONFIG: readonly string[] = ['CreateContainerConfigError'];

/** Makes what one release needs in the cluster be as its spec says. */
export class Releases {
  private readonly parts: ReleaseParts;
  /** Deployments in which a restart replaces a replica. */
  private readonly surging = new Set<string>();

  constructor(parts: ReleaseParts) {
    this.parts = parts;
  }

  ensure(release: ReleaseSpec): Promise<void> {
    return this.parts.turns.run(release.app.id, async () => {
      refuseRoot(release.user);
      await this.parts.fleet.heard();
      try {
        await this.makeSo(release);
      } catch (error) {
        // The rights in the namespace may have been taken away: who asks again has them written first.
        if (error instanceof ClusterRefused && error.status === 403) this.parts.spaces.doubt(release.app.id);
        throw error;
      }
    });
  }

  private async makeSo(release: ReleaseSpec): Promise<void> {
    await this.prepare(release);
    const wanted = release.processes.filter(({ replicas }) => replicas > 0);
    await this.parts.spaces.makeRoom(
      release.app.id,
      new Map(wanted.map((process) => [this.nameOf(release, process.type), process.replicas])),
    );
    for (const process of wanted) await this.make(this.asked(release, process));
    await this.removeOthers(release, new Set(wanted.map(({ type }) => type)));
    await this.retryFailed(release);
  }

  /** The app's namespace, and the release's environment and files. */
  async prepare(release: ReleaseSpec): Promise<void> {
    const { spaces, secrets } = this.parts;
    if (this.areHeld(release.app, PULLS)) spaces.doubt(release.app.id);
    await spaces.prepare(release.app);
    await secrets.make(release, {
      environment: this.areHeld(release.app, CONFIG),
      // A pod that waits for the Secret of a volume does not say what for.
      files: this.anyWaits(release),
    });
  }

  /**
   * Replaces replicas one after the other: the new one is ready before the old one is asked to end.
   * @throws Refusal `restart_failed` when a new one does not become ready; the old one then stays
   */
  async restart(release: ReleaseSpec, processType?: string): Promise<void> {
    await this.ensure(release);
    for (const process of release.processes) {
      if (processType !== undefined && process.type !== processType) continue;
      const before = this.group(release, process).filter((one) => !leaves(one));
      for (const old of before) await this.replace(release, process, old);
    }
  }

  /** Resolves when none of its pods is there any more. */
  async remove(app: AppRef, releaseId: string, graceSeconds: number): Promise<void> {
    const { fleet, own, cluster, turns, secrets } = this.parts;
    await fleet.heard();
    await turns.run(app.id, async () => {
      const numbers = own
        .known<V1Deployment>('Deployment')
        .filter(({ metadata }) => metadata?.labels?.[LABEL.release] === releaseId)
        .flatMap((deployment) => readAsked(deployment)?.releaseNumber ?? []);
      await this.removeObjects(app.id, ({ labels }) => labels?.[LABEL.release] === releaseId);
      await secrets.remove(app.id, releaseId, numbers);
    });
    await untilGone({ cluster, fleet }, { appId: app.id, releaseId }, graceSeconds);
  }

  private asked(release: ReleaseSpec, process: ProcessSpec): AskedProcess {
    const name = this.nameOf(release, process.type);
    const namespace = appNamespace(this.parts.installationId, release.app.id);
    const there = this.parts.own.get<V1Deployment>('Deployment', namespace, name);
    const known = there?.metadata?.deletionTimestamp === undefined ? there && readAsked(there) : undefined;
    const surge = this.surging.has(`${namespace}/${name}`) ? ({ surge: 1 } as const) : {};
    const { limits, installationId } = this.parts;
    if (known === undefined || known.releaseId !== release.releaseId) {
      return { ...askedProcess(installationId, release, process, limits), ...surge };
    }
    return changed(known, {
      appName: release.app.name,
      replicas: process.replicas,
      host: release.host,
      ...surge,
    });
  }

  private async make(asked: AskedProcess): Promise<void> {
    const { own, installationId } = this.parts;
    for (const object of processObjects(installationId, asked)) await own.make(object);
    if (asked.replicas > 1) return;
    const budget = own.get(
      'PodDisruptionBudget',
      appNamespace(installationId, asked.appId),
      processName(asked),
    );
    // It would hold up every drain of the node of the only replica.
    if (budget !== undefined) await own.remove('PodDisruptionBudget', budget);
  }

  private areHeld(app: AppRef, by: readonly string[]): boolean {
    const there = this.parts.fleet.find({ appId: app.id });
    return there.some(({ watch }) => by.includes(watch.facts.held?.why ?? ''));
  }

  private anyWaits({ releaseId }: ReleaseSpec): boolean {
    return this.parts.fleet.find({ releaseId }).some(({ watch }) => watch.status.state === 'starting');
  }

  private async removeOthers(release: ReleaseSpec, wanted: ReadonlySet<string>): Promise<void> {
    await this.removeObjects(
      release.app.id,
      ({ labels }) =>
        labels?.[LABEL.release] === release.releaseId && !wanted.has(labels[LABEL.process] ?? ''),
    );
  }

  private async removeObjects(
    appId: string,
    unwanted: (metadata: { labels?: Record<string, string> }) => boolean,
  ): Promise<void> {
    const { own, installationId } = this.parts;
    const namespace = appNamespace(installationId, appId);
    // The Deployment first: what belongs to it would be put back.
    for (const kind of ['Deployment', 'Service', 'PodDisruptionBudget'] satisfies OwnKind[]) {
      for (const object of await own.current(kind)) {
        const { metadata } = object;
        if (metadata?.namespace !== namespace || metadata.deletionTimestamp !== undefined) continue;
        if (unwanted(metadata)) await own.remove(kind, object);
      }
    }
  }

  private async retryFailed(release: ReleaseSpec): Promise<void> {
    const now = performance.now();
    for (const { watch, namespace, name, uid } of this.parts.fleet.find({ releaseId: release.releaseId })) {
      const { failedAt } = watch;
      if (failedAt === undefined || now - failedAt < RETRY_FAILED_AFTER || watch.facts.leaving) continue;
      await this.parts.cluster.remove({ apiVersion: 'v1', kind: 'Pod', namespace, name }, { uid });
    }
  }

  private async replace(release: ReleaseSpec, process: ProcessSpec, old: Tracked): Promise<void> {
    const { fleet, turns } = this.parts;
    const key = `${old.namespace}/${this.nameOf(release, process.type)}`;
    const known = new Set(this.group(release, process).map(({ uid }) => uid));
    fleet.markReplaced(old, true);
    try {
      await turns.run(release.app.id, async () => {
        this.surging.add(key);
        const surged = new Map([[this.nameOf(release, process.type), process.replicas + 1]]);
        await this.parts.spaces.makeRoom(release.app.id, surged);
        await this.make(this.asked(release, process));
      });
      const fresh = (): Tracked | undefined =>
        this.group(release, process).find(({ uid }) => !known.has(uid));
      const limit = release.health.timeoutSeconds * 1_000 + START_MS;
      // Of two that are ready the cluster ends the one that is marked; before that, the one that is not.
      const isSettled = (): boolean => {
        const one = fresh();
        const state = one?.watch.status.state ?? 'starting';
        return state === 'ready' ? one !== undefined && isReadyInCluster(one.pod) : state !== 'starting';
      };
      await until(fleet, release.app.id, isSettled, limit);
      const one = fresh();
      const refused = one?.watch.status.state === 'ready' ? undefined : restartFailed(release, old, one);
      const goes = refused === undefined ? old : one;
      if (goes !== undefined) await fleet.mark(goes, -1_000, goes.watch.facts.wasReady);
      if (refused !== undefined) fleet.markReplaced(old, false);
      await turns.run(release.app.id, async () => {
        this.surging.delete(key);
        await this.make(this.asked(release, process));
      });
      if (goes !== undefined) await this.seeOff(release, process, goes);
      if (refused !== undefined) throw refused;
    } catch (error) {
      fleet.markReplaced(old, false);
      throw error;
    } finally {
      this.surging.delete(key);
    }
  }

  /** Resolves when it is gone. */
  private async seeOff(release: ReleaseSpec, process: ProcessSpec, one: Tracked): Promise<void> {
    let asked = false;
    await until(this.parts.fleet, release.app.id, () => {
      const group = this.group(release, process);
      if (!group.some(({ uid }) => uid === one.uid)) return true;
      const staying = group.filter(({ watch }) => !watch.facts.leaving);
      // The cluster has removed another one instead, as that was not ready.
      if (!asked && staying.includes(one) && staying.length <= process.replicas) {
        asked = true;
        hurry(this.parts.cluster, one, release.graceSeconds);
      }
      return undefined;
    });
  }

  private group(release: ReleaseSpec, { type }: ProcessSpec): Tracked[] {
    return this.parts.fleet.group(release.app.id, release.releaseId, type);
  }

  private nameOf({ releaseNumber }: ReleaseSpec, process: string): string {
    return processName({ process, releaseNumber });
  }
}

function restartFailed(release: ReleaseSpec, old: Tracked, one: Tracked | undefined): Refusal {
  const why = one?.watch.status.reason;
  const state = one?.watch.status.state ?? 'not there';
  return new Refusal(
    502,
    'restart_failed',
    `the new ${old.process}.${String(old.index)} did not become ready, the old one goes on: ${why?.message ?? state}`,
    why?.hint ?? `what it wrote: sluice logs -r v${String(release.releaseNumber)} -a ${release.app.name}`,
    why?.detail,
  );
}
