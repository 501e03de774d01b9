import { randomBytes } from 'node:crypto';
import { installationLabels, LABEL } from '../../../engines/kubernetes/labels.ts';
import type { Route } from '../../../engines/port.ts';
import { kubectl } from '../../support/cluster.ts';

interface PodList {
  readonly items: {
    readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
    readonly status: {
      readonly podIP?: string;
      readonly containerStatuses?: readonly { readonly ready: boolean }[];
    };
  }[];
}

/** The container of its pods; answers on port 8080. */
export interface OneReleaseContainer {
  readonly image: string;
  readonly command: readonly string[];
}

/** A release of two replicas as the engine makes one, without the engine: in a namespace of its own, behind a Service. */
export class OneRelease implements AsyncDisposable {
  readonly installationId = randomBytes(6).toString('hex');
  readonly namespace = `sluice-test-${this.installationId}`;
  readonly service = { namespace: this.namespace, name: 'web-v1' };

  async start(container: OneReleaseContainer): Promise<void> {
    const here = ['--namespace', this.namespace];
    await kubectl(['create', 'namespace', this.namespace]);
    await kubectl(['apply', ...here, '--filename', '-'], { input: JSON.stringify(this.objects(container)) });
    await kubectl(['rollout', 'status', 'deployment/web-v1', ...here, '--timeout', '90s'], {
      timeout: 100_000,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await kubectl(['delete', 'namespace', this.namespace, '--ignore-not-found', '--wait=false']);
  }

  /** Those that are ready and not on their way out. */
  async pods(): Promise<{ name: string; host: string }[]> {
    const text = await kubectl(['get', 'pods', '--namespace', this.namespace, '--output', 'json']);
    return (JSON.parse(text) as PodList).items.flatMap(({ metadata, status }) =>
      metadata.deletionTimestamp === undefined &&
      status.podIP !== undefined &&
      status.containerStatuses?.[0]?.ready === true
        ? { name: metadata.name, host: status.podIP }
        : [],
    );
  }

  async kill(pod: { readonly name: string } | undefined, ...flags: string[]): Promise<void> {
    const where = ['--namespace', this.namespace, '--wait=false'];
    await kubectl(['delete', 'pod', pod?.name ?? '', ...where, ...flags]);
  }

  /** From `shop.localhost` to these hosts, and to whom the cluster names afterwards. */
  routeTo(hosts: readonly string[]): Route {
    const backends = hosts.map((host) => ({ host, port: 8080 }));
    return {
      appId: 'shop-id',
      appName: 'shop',
      hosts: ['shop.localhost'],
      releases: [{ releaseId: 'v1', weight: 10_000, backends, service: this.service }],
      maintenance: false,
    };
  }

  /** What the Service carries, its slices carry too. */
  private objects({ image, command }: OneReleaseContainer) {
    const labels = { ...installationLabels(this.installationId), [LABEL.release]: 'v1' };
    const readinessProbe = { tcpSocket: { port: 8080 }, periodSeconds: 1 };
    const spec = {
      terminationGracePeriodSeconds: 5,
      containers: [{ name: 'web', image, command, readinessProbe }],
    };
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: this.service.name, labels },
      spec: { selector: { app: 'web' }, ports: [{ port: 8080 }] },
    };
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: this.service.name },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec },
      },
    };
    return { apiVersion: 'v1', kind: 'List', items: [service, deployment] };
  }
}
