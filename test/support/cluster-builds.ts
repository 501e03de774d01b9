import { randomBytes } from 'node:crypto';
import { Cluster } from '../../engines/kubernetes/api/cluster.ts';
import { DEFAULT_RESOURCES } from '../../engines/kubernetes/build/job-settings.ts';
import type { JobBuildSettings } from '../../engines/kubernetes/build/job-settings.ts';
import { JobBuildRunner } from '../../engines/kubernetes/build/runner.ts';
import { parseReference } from '../../engines/kubernetes/registry/reference.ts';
import type { BuildTask } from '../../engines/port.ts';
import { kubectl, tryKubectl } from './cluster.ts';
import { must } from './command.ts';
import { eventually } from './eventually.ts';
import { testSettings } from './settings.ts';
import { TreeServer, ownAddressTowards } from './tree-server.ts';

/** Builds on the cluster of the tests, in a namespace of their own. */
export class ClusterBuilds implements AsyncDisposable {
  readonly namespace = `sluice-test-builds-${randomBytes(4).toString('hex')}`;
  readonly cluster = Cluster.connect(
    testSettings.clusterKubeconfig === undefined ? {} : { kubeconfig: testSettings.clusterKubeconfig },
  );
  readonly trees = new TreeServer();

  async start(): Promise<void> {
    if (testSettings.clusterPlatformImage === '') {
      throw new Error(
        'the cluster has no image of the platform: set -a; eval "$(./scripts/cluster settings)"; set +a',
      );
    }
    await kubectl(['create', 'namespace', this.namespace]);
    await kubectl(['label', 'namespace', this.namespace, 'pod-security.kubernetes.io/enforce=privileged']);
    await this.trees.start(await ownAddressTowards(this.cluster.config.getCurrentCluster()?.server ?? ''));
  }

  settings(changes: Partial<JobBuildSettings> = {}): JobBuildSettings {
    const registry = testSettings.clusterRegistry;
    return {
      namespace: this.namespace,
      registry,
      registries: { mirrors: { 'docker.io': [registry] }, plainHttp: [registry] },
      jobImage: testSettings.clusterPlatformImage,
      buildkitImage: testSettings.clusterBuildkitImage,
      buildkitResources: DEFAULT_RESOURCES.buildkit,
      jobResources: DEFAULT_RESOURCES.job,
      patienceSeconds: 60,
      ...changes,
    };
  }

  runner(changes: Partial<JobBuildSettings> = {}): JobBuildRunner {
    return new JobBuildRunner(this.cluster, this.settings(changes));
  }

  /** Output of a command run in an image, in a pod. */
  async runInImage(image: string, argv: readonly string[]): Promise<string> {
    const name = `run-${randomBytes(4).toString('hex')}`;
    // As text, so that no line feed is added and no zero byte is lost on the way.
    const command = ['sh', '-c', '"$@" | base64', 'sh', ...argv];
    const spec = {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      containers: [{ name: 'run', image, command, imagePullPolicy: 'IfNotPresent' }],
    };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: this.namespace }, spec };
    await kubectl(['create', '--filename', '-'], { input: JSON.stringify(pod) });
    try {
      await eventually(`${argv.join(' ')} ends in ${image}`, async () =>
        ['Succeeded', 'Failed'].includes(await this.podField(name, '{.status.phase}')),
      );
      return Buffer.from(await kubectl(['logs', '--namespace', this.namespace, name]), 'base64').toString();
    } finally {
      await kubectl(['delete', 'pod', name, '--namespace', this.namespace, '--wait=false']);
    }
  }

  /** `kind/name` of what has a label, a line each. */
  async labelled(kinds: string, label: string): Promise<string> {
    const where = ['--namespace', this.namespace, '--selector', label];
    return kubectl(['get', kinds, '--output', 'name', ...where]);
  }

  async podField(name: string, jsonpath: string): Promise<string> {
    return kubectl(['get', 'pod', name, '--namespace', this.namespace, '--output', `jsonpath=${jsonpath}`]);
  }

  /** Names of an app's images in the registry. */
  async imagesOf({ installationId, appId }: Pick<BuildTask, 'installationId' | 'appId'>): Promise<string[]> {
    const repository = `sluice/${installationId}/${appId}`;
    const response = await fetch(`http://${testSettings.clusterRegistry}/v2/${repository}/tags/list`);
    if (response.status === 404) return [];
    const { tags } = (await response.json()) as { tags: string[] | null };
    return (tags ?? []).map((tag) => `${repository}:${tag}`);
  }

  /** Pods of builds that still run. */
  async running(): Promise<string[]> {
    const selector = '--selector=sluice.dev/kind=build';
    const fields = '--output=jsonpath={range .items[*]}{.metadata.name} {.status.phase}{"\\n"}{end}';
    const pods = await kubectl(['get', 'pods', '--namespace', this.namespace, selector, fields]);
    return pods.split('\n').filter((line) => line !== '' && !/(?:Succeeded|Failed)$/.test(line));
  }

  /** Gives an image in the registry the name that a Dockerfile may use; '' takes the name away. */
  async rename(from: string, to: string): Promise<void> {
    const { repository, tag } = parseReference(to);
    const named = `docker://${testSettings.clusterRegistry}/${repository}:${tag}`;
    const plain = ['--src-tls-verify=false', '--dest-tls-verify=false'];
    if (from !== '') await must('skopeo', ['copy', '--quiet', ...plain, `docker://${from}`, named]);
    else await must('skopeo', ['delete', '--tls-verify=false', named]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.trees[Symbol.asyncDispose]();
    await tryKubectl(['delete', 'namespace', this.namespace, '--ignore-not-found', '--timeout', '90s'], {
      timeout: 100_000,
    });
  }
}
