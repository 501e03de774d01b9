import type { V1Namespace, V1Secret } from '@kubernetes/client-node';
import type { KeptRelease, ReleaseSpec } from '../../port.ts';
import type { Cluster } from '../api/cluster.ts';
import { isExisting } from '../api/errors.ts';
import { appNamespace, LABEL, SECRETS_OF } from '../labels.ts';
import { environmentName } from './objects/asked.ts';
import { environmentObject } from './objects/environment.ts';
import { filesName, filesObject, filesOfRelease } from './objects/files.ts';
import type { OwnObjects } from './own-objects.ts';

export interface ReleaseSecretsParts {
  readonly cluster: Cluster;
  readonly installationId: string;
  readonly own: OwnObjects;
}

/**
 * Environments and files of releases. Nobody may list Secrets, and a release that never had a replica leaves nothing else
 * to know them by: so the namespace says whose are there, from before they are until after they are gone.
 */
export class ReleaseSecrets {
  private readonly parts: ReleaseSecretsParts;
  /** Those that are known to be there: nobody changes one, and pods tell when one is missing. */
  private readonly made = new Set<string>();

  constructor(parts: ReleaseSecretsParts) {
    this.parts = parts;
  }

  /** @param doubt those that may be gone, though they were made */
  async make(
    release: ReleaseSpec,
    doubt: { readonly environment: boolean; readonly files: boolean },
  ): Promise<void> {
    const { installationId } = this.parts;
    await this.makeOne(release, environmentObject(installationId, release), doubt.environment);
    if (filesOfRelease(release) === undefined) return;
    await this.makeOne(release, filesObject(installationId, release), doubt.files);
  }

  /** @param numbers of the release, as far as others know them; the namespace may say more */
  async remove(appId: string, releaseId: string, numbers: readonly number[]): Promise<void> {
    const { cluster, own, installationId } = this.parts;
    const namespace = appNamespace(installationId, appId);
    await own.current('Namespace');
    const noted = this.notedIn(this.namespaceOf(appId)).filter((one) => one.releaseId === releaseId);
    for (const releaseNumber of new Set([...numbers, ...noted.map((one) => one.releaseNumber)])) {
      for (const name of [environmentName({ releaseNumber }), filesName({ releaseNumber })]) {
        this.made.delete(`${namespace}/${name}`);
        await cluster.remove({ apiVersion: 'v1', kind: 'Secret', namespace, name });
      }
    }
    const over = noted.map(({ releaseNumber }) => [keyOf(releaseNumber), null] as const);
    if (over.length > 0) await this.annotate(namespace, Object.fromEntries(over));
  }

  /** Those that the namespaces speak of, of one app or of all. */
  async kept(appId?: string): Promise<KeptRelease[]> {
    const all = await this.parts.own.current<V1Namespace>('Namespace');
    const one = appId === undefined ? undefined : this.namespaceOf(appId);
    const namespaces = appId === undefined ? all : one === undefined ? [] : [one];
    return namespaces.flatMap((namespace) => {
      const of = namespace.metadata?.labels?.[LABEL.app] ?? '';
      return this.notedIn(namespace).map(({ releaseId }) => ({ appId: of, releaseId }));
    });
  }

  private async makeOne(release: ReleaseSpec, secret: V1Secret, doubt: boolean): Promise<void> {
    const { namespace = '', name = '' } = secret.metadata ?? {};
    const key = `${namespace}/${name}`;
    if (this.made.has(key) && !doubt) return;
    await this.note(release);
    try {
      await this.parts.cluster.create(secret);
    } catch (error) {
      if (!isExisting(error)) throw error;
    }
    this.made.add(key);
  }

  private async note({ app, releaseId, releaseNumber }: ReleaseSpec): Promise<void> {
    const there = this.namespaceOf(app.id);
    if (there?.metadata?.annotations?.[keyOf(releaseNumber)] === releaseId) return;
    const namespace = appNamespace(this.parts.installationId, app.id);
    await this.annotate(namespace, { [keyOf(releaseNumber)]: releaseId });
  }

  /** By a merge, as one-offs note beside whatever else is written there. */
  private async annotate(name: string, annotations: Record<string, string | null>): Promise<void> {
    await this.parts.own.annotate({ apiVersion: 'v1', kind: 'Namespace', name }, annotations);
  }

  private namespaceOf(appId: string): V1Namespace | undefined {
    return this.parts.own.get<V1Namespace>('Namespace', '', appNamespace(this.parts.installationId, appId));
  }

  private notedIn(namespace: V1Namespace | undefined): { releaseNumber: number; releaseId: string }[] {
    const annotations = Object.entries(namespace?.metadata?.annotations ?? {});
    return annotations.flatMap(([key, releaseId]) => {
      const releaseNumber = key.startsWith(SECRETS_OF) ? Number(key.slice(SECRETS_OF.length)) : Number.NaN;
      return Number.isSafeInteger(releaseNumber) ? [{ releaseNumber, releaseId }] : [];
    });
  }
}

function keyOf(releaseNumber: number): string {
  return `${SECRETS_OF}${String(releaseNumber)}`;
}
