import { randomBytes } from 'node:crypto';
import { run, must, type Ran, type RunOptions } from './command.ts';
import { eventually } from './eventually.ts';
import { testSettings } from './settings.ts';

/** A drain waits for pods elsewhere, one after the other. */
const KUBECTL_MS = 120_000;

/** `kubectl` on the cluster of the tests. */
function argumentsOf(args: readonly string[]): string[] {
  const kubeconfig = testSettings.clusterKubeconfig;
  if (kubeconfig === undefined) throw new Error('there is no cluster to test on: ./scripts/test --cluster');
  return ['--kubeconfig', kubeconfig, ...args];
}

/** Never rejects for an exit code. */
export async function tryKubectl(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return run(testSettings.clusterKubectl, argumentsOf(args), { timeout: KUBECTL_MS, ...options });
}

export async function kubectl(args: readonly string[], options: RunOptions = {}): Promise<string> {
  return must(testSettings.clusterKubectl, argumentsOf(args), { timeout: KUBECTL_MS, ...options });
}

interface Condition {
  readonly type: string;
  readonly status: string;
}

export interface ClusterNode {
  readonly name: string;
  readonly ready: boolean;
}

export async function clusterNodes(): Promise<ClusterNode[]> {
  const list = JSON.parse(await kubectl(['get', 'nodes', '--output', 'json'])) as {
    items: { metadata: { name: string }; status: { conditions: Condition[] } }[];
  };
  return list.items.map(({ metadata, status }) => ({
    name: metadata.name,
    ready: status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
  }));
}

export async function untilNodeIs(name: string, ready: boolean, ms: number): Promise<void> {
  await eventually(
    `${name} is ${ready ? 'ready' : 'not ready'}`,
    async () => (await clusterNodes()).some((node) => node.name === name && node.ready === ready),
    ms,
  );
}

export interface ClusterPod {
  readonly name: string;
  readonly node: string;
}

/** A namespace with the Deployment `web` of two replicas on different nodes, each of which answers with its name. */
export class WebInCluster implements AsyncDisposable {
  readonly namespace = `sluice-test-${randomBytes(4).toString('hex')}`;
  readonly url = `http://web.${this.namespace}.svc.cluster.local/`;

  /** What was said when none answered; empty when one did. */
  refused = '';

  async start(): Promise<void> {
    await kubectl(['create', 'namespace', this.namespace]);
    await kubectl(['apply', '--namespace', this.namespace, '--filename', '-'], { input: MANIFEST });
    await kubectl(
      ['rollout', 'status', 'deployment/web', '--namespace', this.namespace, '--timeout', '90s'],
      { timeout: 100_000 },
    );
  }

  async pods(): Promise<ClusterPod[]> {
    const output = await kubectl(['get', 'pods', '--namespace', this.namespace, '--output', 'json']);
    const list = JSON.parse(output) as {
      items: { metadata: { name: string }; spec: { nodeName: string } }[];
    };
    return list.items.map(({ metadata, spec }) => ({ name: metadata.name, node: spec.nodeName }));
  }

  /**
   * The pod that answered the Service when it was asked by name from inside `pod`; undefined when none did. Not by the
   * `-T` of wget, with which Debian's static busybox crashes.
   */
  async askedFrom(pod: string): Promise<string | undefined> {
    const asked = await this.exec(pod, ['timeout', '5', 'wget', '-q', '-O', '-', this.url]);
    this.refused = asked.code === 0 ? '' : asked.output;
    return asked.code === 0 ? asked.stdout.trim() : undefined;
  }

  async exec(pod: string, command: readonly string[]): Promise<Ran> {
    return tryKubectl(['exec', '--namespace', this.namespace, pod, '--', ...command]);
  }

  async logs(pod: string): Promise<string> {
    return kubectl(['logs', '--namespace', this.namespace, pod]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await kubectl(['delete', 'namespace', this.namespace, '--ignore-not-found', '--timeout', '60s'], {
      timeout: 70_000,
    });
  }
}

const MANIFEST = JSON.stringify({
  apiVersion: 'v1',
  kind: 'List',
  items: [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            terminationGracePeriodSeconds: 0,
            topologySpreadConstraints: [
              {
                maxSkew: 1,
                topologyKey: 'kubernetes.io/hostname',
                whenUnsatisfiable: 'DoNotSchedule',
                labelSelector: { matchLabels: { app: 'web' } },
              },
            ],
            containers: [
              {
                name: 'web',
                image: 'busybox:1',
                command: [
                  'sh',
                  '-c',
                  'mkdir /www; hostname >/www/index.html; echo I am "$(hostname)"; exec httpd -f -p 8080 -h /www',
                ],
                readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
              },
            ],
          },
        },
      },
    },
  ],
});
