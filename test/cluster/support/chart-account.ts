import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig, type KubernetesObject } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import type { NamespaceAccess } from '../../../engines/kubernetes/workloads/objects/app-objects.ts';
import { kubectl } from '../../support/cluster.ts';
import { must } from '../../support/command.ts';
import { testSettings } from '../../support/settings.ts';

const CHART = join(import.meta.dirname, '..', '..', '..', 'charts/sluice');
const RIGHTS = ['templates/rbac.yaml', 'templates/server-policy.yaml'];

/** An account with the rights that the chart gives the server, and no other. */
export class ChartAccount implements AsyncDisposable {
  /** The only one in whose namespaces it may act. */
  readonly installationId: string;
  readonly access: NamespaceAccess;
  /** A file in which it is the user. */
  readonly kubeconfig: string;
  private readonly folder: string;
  private readonly objects: string;

  private constructor(installationId: string, access: NamespaceAccess, folder: string, objects: string) {
    this.installationId = installationId;
    this.access = access;
    this.folder = folder;
    this.kubeconfig = join(folder, 'kubeconfig');
    this.objects = objects;
  }

  static async make(): Promise<ChartAccount> {
    const namespace = `sluice-test-${crypto.randomUUID().slice(0, 8)}`;
    const where = ['--namespace', namespace, '--kube-version', 'v1.34.0'];
    const values = ['--set', 'images.registry=none', '--set', 'registry.host=none'];
    const files = RIGHTS.flatMap((file) => ['--show-only', file]);
    const text = await must(testSettings.clusterHelm, [
      'template',
      'sluice',
      CHART,
      ...where,
      ...values,
      ...files,
    ]);
    const installationId = /startsWith\('sluice-([a-z0-9]{16})-'\)/.exec(text)?.[1] ?? '';
    const rendered = parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject | null);
    const own = rendered.flatMap((object) => (object !== null && isOfServer(object) ? [object] : []));
    const home = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
    const objects = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [home, ...own] });
    const folder = await mkdtemp(join(tmpdir(), 'sluice-account-'));
    const serviceAccount = { namespace, name: 'sluice-server' };
    const access = { clusterRole: `${namespace}-sluice-app-manager`, serviceAccount };
    const account = new ChartAccount(installationId, access, folder, objects);
    await kubectl(['apply', '--namespace', namespace, '--filename', '-'], { input: objects });
    const token = await kubectl(['create', 'token', serviceAccount.name, '--namespace', namespace]);
    await account.write(token.trim());
    return account;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { namespace } = this.access.serviceAccount;
    await kubectl(['delete', '--namespace', namespace, '--wait=false', '--filename', '-'], {
      input: this.objects,
    });
    await rm(this.folder, { recursive: true });
  }

  private async write(token: string): Promise<void> {
    const config = new KubeConfig();
    config.loadFromFile(testSettings.clusterKubeconfig ?? '');
    const own = JSON.parse(config.exportConfig()) as { users: { user: object }[] };
    for (const known of own.users) known.user = { token };
    await writeFile(this.kubeconfig, JSON.stringify(own), { mode: 0o600 });
  }
}

/** Of the server, and not in the namespace of builds, which other installations have too. */
function isOfServer({ kind, metadata }: KubernetesObject): boolean {
  const name = metadata?.name ?? '';
  if (metadata?.namespace !== undefined || kind === 'Role' || kind === 'RoleBinding') return false;
  return /-(server|app-manager|own-namespaces)$/.test(name);
}
