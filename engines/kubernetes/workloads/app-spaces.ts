import { setTimeout as pause } from 'node:timers/promises';
import type { KubernetesObject, V1Deployment, V1Namespace, V1ResourceQuota } from '@kubernetes/client-node';
import type { AppRef } from '../../port.ts';
import type { Cluster } from '../api/cluster.ts';
import { ClusterRefused, isExisting } from '../api/errors.ts';
import { ANNOTATION, appNamespace, LABEL } from '../labels.ts';
import {
  accessObject,
  appObjects,
  namespaceObject,
  quotaObject,
  type NamespaceAccess,
  type NetworkRules,
} from './objects/app-objects.ts';
import { readAsked } from './objects/asked.ts';
import { pullLoginName, pullLoginObject, type PullLogin } from './objects/pull-login.ts';
import type { OwnObjects } from './own-objects.ts';

export interface AppSpaceParts {
  readonly cluster: Cluster;
  readonly installationId: string;
  readonly own: OwnObjects;
  readonly network: NetworkRules;
  /** Absent: the server may act everywhere, as an admin does. */
  readonly access?: NamespaceAccess;
  /** Absent: nodes pull without a login. */
  readonly pull?: PullLogin;
}

/** One-offs beside the replicas of an app: commands of people, a release phase. */
const ONE_OFFS = 10;
/** Milliseconds until the API server's authorizer has heard of a new binding. */
const RIGHTS_MS = 5_000;

/** Namespaces of apps, with what every app has in its own. */
export class AppSpaces {
  private readonly parts: AppSpaceParts;
  /** Namespaces whose binding this server has written. */
  private readonly bound = new Set<string>();
  /** Namespaces that have the login of the registry. */
  private readonly pulling = new Set<string>();
  /** Ids are never used again, and neither are these names. */
  private readonly leaving = new Set<string>();

  constructor(parts: AppSpaceParts) {
    this.parts = parts;
  }

  /** What is not watched is written again by the next `prepare`: somebody may have removed it. */
  doubt(appId: string): void {
    const name = appNamespace(this.parts.installationId, appId);
    this.bound.delete(name);
    this.pulling.delete(name);
  }

  /** @throws Error while a namespace of that name is still going away */
  async prepare(app: AppRef): Promise<void> {
    const { own } = this.parts;
    await own.make(this.namespaceOf(app));
    await this.bind(app);
    await this.givePullLogin(app);
    await Promise.all(
      this.objects(app)
        .slice(1)
        .map((asked) => this.whenAllowed(() => own.make(asked))),
    );
  }

  /** All that an app has whatever runs in it, its namespace first; not its quota, which follows from what runs. */
  objects(app: AppRef): KubernetesObject[] {
    const { installationId, network, pull } = this.parts;
    const pullSecret = pull && pullLoginName(pull);
    return [this.namespaceOf(app), ...appObjects(installationId, app.id, network, pullSecret)];
  }

  /** The quota as it was written last, else as it should be now. */
  quota(appId: string): V1ResourceQuota {
    const known = this.knownQuota(appId);
    const pods = Number(known?.metadata?.annotations?.[ANNOTATION.asked] ?? Number.NaN);
    return this.quotaOf(appId, Number.isNaN(pods) ? this.podsAllowed(appId) : pods);
  }

  /** Makes the app's quota fit what is there and these Deployments' replicas. */
  async makeRoom(appId: string, wanted: ReadonlyMap<string, number>): Promise<void> {
    await this.parts.own.current('ResourceQuota');
    const needed = this.podsAllowed(appId, wanted);
    const known = Number(this.knownQuota(appId)?.metadata?.annotations?.[ANNOTATION.asked] ?? 0);
    // A quota that is somewhat too large does no harm, and most changes of scale then need no other.
    const pods = known < needed || known > 3 * needed ? needed : known;
    await this.whenAllowed(() => this.parts.own.make(this.quotaOf(appId, pods)));
  }

  /** Whether we have asked for the end of a namespace. */
  isLeaving(namespace: string): boolean {
    return this.leaving.has(namespace);
  }

  /** Resolves when the namespace and all in it is gone. */
  async remove(appId: string, untilGone: (name: string) => Promise<void>): Promise<void> {
    const { own, installationId } = this.parts;
    const name = appNamespace(installationId, appId);
    await own.current('Namespace');
    const there = own.get<V1Namespace>('Namespace', '', name);
    if (there === undefined) return;
    this.leaving.add(name);
    if (there.metadata?.deletionTimestamp === undefined) await own.remove('Namespace', there);
    await untilGone(name);
    this.bound.delete(name);
    this.pulling.delete(name);
  }

  /** Where there is no namespace there are no rights either, and the API server's answer would be no answer. */
  async has(appId: string): Promise<boolean> {
    const name = appNamespace(this.parts.installationId, appId);
    await this.parts.own.current('Namespace');
    return this.parts.own.get('Namespace', '', name) !== undefined;
  }

  async appIds(): Promise<string[]> {
    const found = await this.parts.own.current<V1Namespace>('Namespace');
    return found.map(({ metadata }) => metadata?.labels?.[LABEL.app] ?? '').filter((id) => id !== '');
  }

  /**
   * Pods that may be there at once: two releases of the largest, and never fewer than what is asked for now, with what
   * still ends.
   */
  private podsAllowed(appId: string, wanted: ReadonlyMap<string, number> = new Map()): number {
    const releases = new Map<string, number>();
    const namespace = appNamespace(this.parts.installationId, appId);
    const asked = new Map(
      this.parts.own.known<V1Deployment>('Deployment').flatMap((deployment) => {
        const found = deployment.metadata?.namespace === namespace ? readAsked(deployment) : undefined;
        return found === undefined ? [] : [[deployment.metadata?.name ?? '', found] as const];
      }),
    );
    for (const name of new Set([...asked.keys(), ...wanted.keys()])) {
      const release = name.slice(name.lastIndexOf('-v'));
      const replicas = Math.max(wanted.get(name) ?? 0, asked.get(name)?.replicas ?? 0);
      releases.set(release, (releases.get(release) ?? 0) + replicas + 1);
    }
    const all = [...releases.values()];
    const largest = Math.max(0, ...all);
    const now = all.reduce((sum, replicas) => sum + replicas, 0);
    const pods = Math.max(2 * largest, now + largest) + ONE_OFFS;
    return Math.ceil(pods / 10) * 10;
  }

  private quotaOf(appId: string, pods: number): V1ResourceQuota {
    return quotaObject(this.parts.installationId, appId, pods);
  }

  private knownQuota(appId: string): V1ResourceQuota | undefined {
    const { metadata } = this.quotaOf(appId, 0);
    return this.parts.own.get('ResourceQuota', metadata?.namespace ?? '', metadata?.name ?? '');
  }

  private namespaceOf(app: AppRef): V1Namespace {
    return namespaceObject(this.parts.installationId, app);
  }

  private async bind(app: AppRef): Promise<void> {
    const { access, cluster, installationId } = this.parts;
    const name = appNamespace(installationId, app.id);
    if (access === undefined || this.bound.has(name)) return;
    await this.whenAllowed(() => cluster.apply(accessObject(installationId, app.id, access)));
    this.bound.add(name);
  }

  private async givePullLogin(app: AppRef): Promise<void> {
    const { pull, cluster, installationId } = this.parts;
    const name = appNamespace(installationId, app.id);
    if (pull === undefined || this.pulling.has(name)) return;
    await this.whenAllowed(() =>
      cluster.create(pullLoginObject(installationId, app.id, pull)).catch((error: unknown) => {
        if (!isExisting(error)) throw error;
      }),
    );
    this.pulling.add(name);
  }

  private async whenAllowed(write: () => Promise<unknown>): Promise<void> {
    const deadline = performance.now() + (this.parts.access === undefined ? 0 : RIGHTS_MS);
    for (let wait = 20; ; wait *= 2) {
      try {
        await write();
        return;
      } catch (error) {
        const forbidden = error instanceof ClusterRefused && error.status === 403;
        if (!forbidden || performance.now() > deadline) throw error;
      }
      await pause(wait);
    }
  }
}
