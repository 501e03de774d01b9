import { randomBytes } from 'node:crypto';
import { kubectl } from '../test/support/cluster.ts';
import { must } from '../test/support/command.ts';
import { eventually } from '../test/support/eventually.ts';
import { testSettings } from '../test/support/settings.ts';

const BUILDKIT_PORT = 1234;

/** A person with kubectl, a BuildKit of their own that stays warm, a Deployment and its Service. */
export class ByHandInCluster {
  readonly #namespace = `sluice-bench-${randomBytes(4).toString('hex')}`;
  #buildkit = '';
  #round = 0;
  /** Where the Service answers, on port 80. */
  address = '';

  /** @param folder with the Dockerfile */
  async start(folder: string): Promise<void> {
    await kubectl(['create', 'namespace', this.#namespace]);
    await this.#apply(this.#buildkitPod());
    await this.#wait('pod/buildkit', 'condition=Ready');
    this.#buildkit = `tcp://${await this.#field('pod/buildkit', '{.status.podIP}')}:${BUILDKIT_PORT}`;
    await this.#build(folder);
    await this.#apply(this.#site());
    await this.#must(['rollout', 'status', 'deployment/site']);
    this.address = await this.#field('service/site', '{.spec.clusterIP}');
  }

  async stop(): Promise<void> {
    await kubectl(['delete', 'namespace', this.#namespace, '--ignore-not-found'], { timeout: 120_000 });
  }

  /** What is typed for one deploy. */
  argv(folder: string): string[][] {
    const rollout = [testSettings.clusterKubectl, '--namespace', this.#namespace];
    return [
      this.#buildctl(folder, ['--opt', 'target=test']),
      this.#buildctl(folder, [
        '--output',
        `type=image,name=${this.#image()},push=true,registry.insecure=true`,
      ]),
      [...rollout, 'set', 'image', 'deployment/site', `web=${this.#image()}`],
      [...rollout, 'rollout', 'status', 'deployment/site'],
    ];
  }

  /** @returns milliseconds of each command */
  async deploy(folder: string): Promise<number[]> {
    this.#round += 1;
    const times: number[] = [];
    const env = { ...process.env, KUBECONFIG: testSettings.clusterKubeconfig };
    for (const [program = '', ...args] of this.argv(folder)) {
      const began = performance.now();
      await must(program, args, { env });
      times.push(performance.now() - began);
    }
    return times;
  }

  async #build(folder: string): Promise<void> {
    // BuildKit answers its readiness a moment before its port does.
    await eventually('BuildKit takes a build', async () => {
      const [, build = []] = this.argv(folder);
      const [program = '', ...args] = build;
      return must(program, args).then(
        () => true,
        () => false,
      );
    });
  }

  #image(): string {
    return `${testSettings.clusterRegistry}/${this.#namespace}/site:${this.#round}`;
  }

  #buildctl(folder: string, more: string[]): string[] {
    const source = ['--local', `context=${folder}`, '--local', `dockerfile=${folder}`];
    const build = ['build', '--progress', 'quiet', '--frontend', 'dockerfile.v0', ...source, ...more];
    return [testSettings.clusterBuildctl, '--addr', this.#buildkit, ...build];
  }

  async #must(args: readonly string[]): Promise<string> {
    return kubectl(['--namespace', this.#namespace, ...args], { timeout: 120_000 });
  }

  async #apply(manifest: unknown): Promise<void> {
    const input = JSON.stringify(manifest);
    await kubectl(['apply', '--namespace', this.#namespace, '--filename', '-'], { input });
  }

  async #wait(what: string, condition: string): Promise<void> {
    await this.#must(['wait', what, `--for=${condition}`, '--timeout=100s']);
  }

  async #field(what: string, path: string): Promise<string> {
    return this.#must(['get', what, '--output', `jsonpath=${path}`]);
  }

  #buildkitPod(): unknown {
    const registry = testSettings.clusterRegistry;
    const configuration = [
      '[registry."docker.io"]',
      `  mirrors = ["${registry}"]`,
      `[registry."${registry}"]`,
      '  http = true',
      '',
    ].join('\n');
    const serve = ['--oci-worker-no-process-sandbox', '--addr', `tcp://0.0.0.0:${BUILDKIT_PORT}`];
    return {
      apiVersion: 'v1',
      kind: 'List',
      items: [
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'buildkit' },
          data: { 'buildkitd.toml': configuration },
        },
        {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'buildkit' },
          spec: {
            terminationGracePeriodSeconds: 0,
            securityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 },
            containers: [
              {
                name: 'buildkit',
                image: testSettings.clusterBuildkitImage,
                args: ['--config', '/etc/buildkit/buildkitd.toml', '--rootless', ...serve],
                command: ['rootlesskit', '--net=host', '--copy-up=/etc', 'buildkitd'],
                readinessProbe: { tcpSocket: { port: BUILDKIT_PORT }, periodSeconds: 1 },
                securityContext: { seccompProfile: { type: 'Unconfined' } },
                volumeMounts: [
                  { name: 'configuration', mountPath: '/etc/buildkit' },
                  { name: 'cache', mountPath: '/home/user/.local/share/buildkit' },
                ],
              },
            ],
            volumes: [
              { name: 'configuration', configMap: { name: 'buildkit' } },
              { name: 'cache', emptyDir: {} },
            ],
          },
        },
      ],
    };
  }

  #site(): unknown {
    const labels = { app: 'site' };
    return {
      apiVersion: 'v1',
      kind: 'List',
      items: [
        {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: 'site' },
          spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
        },
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'site' },
          spec: {
            selector: { matchLabels: labels },
            template: {
              metadata: { labels },
              spec: {
                containers: [
                  {
                    name: 'web',
                    image: this.#image(),
                    env: [{ name: 'PORT', value: '8080' }],
                    readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
                  },
                ],
              },
            },
          },
        },
      ],
    };
  }
}
