import { describe, expect, it } from 'vitest';
import type { V1Container, V1Job, V1PodSpec } from '@kubernetes/client-node';
import { DEFAULT_RESOURCES } from '../../../engines/kubernetes/build/job-settings.ts';
import { jobOf } from '../../../engines/kubernetes/build/job-spec.ts';
import { buildTask } from '../../support/build-task.ts';
import type { ChartInstallation } from '../../support/chart.ts';
import { tryKubectl } from '../../support/cluster.ts';
import type { Ran } from '../../support/command.ts';
import { testSettings } from '../../support/settings.ts';

type Change = (spec: V1PodSpec, job: V1Job) => void;
type Container = 'buildkit' | 'test' | 'build';

const SERVER_SIDE = ['create', '--dry-run=server', '--filename', '-'];

/** Changes of a build's pod that nobody may make, and what is said then. */
const NOT_IN_A_POD: readonly [string, Change, RegExp][] = [
  ['a folder of its node', (spec) => hostPath(spec), /an emptyDir, a Secret or its cache/],
  ['the network of its node', (spec) => (spec.hostNetwork = true), /nothing of its node/],
  ['the processes of its node', (spec) => (spec.hostPID = true), /nothing of its node/],
  ['the IPC of its node', (spec) => (spec.hostIPC = true), /nothing of its node/],
  ['a port of its node', (spec) => hostPort(spec), /on a port of the node/],
  ['a privileged container', (spec) => secured(spec, { privileged: true }), /privileged/],
  ['root', (spec) => secured(spec, { runAsUser: 0 }), /is root/],
  ['a container that may be root', (spec) => secured(spec, { runAsNonRoot: false }), /is root/],
  ['a capability', (spec) => secured(spec, { capabilities: { add: ['SYS_ADMIN'] } }), /privileged/],
  // In a pod the account is looked for, and its token made a volume, before anything is asked about them.
  [
    'another account',
    (spec) => (spec.serviceAccountName = 'other'),
    /no account of the cluster|"other" not found/,
  ],
  [
    'a token',
    (spec) => (spec.automountServiceAccountToken = true),
    /no account of the cluster|an emptyDir, a Secret/,
  ],
  ['a token by a volume', (spec) => tokenVolume(spec), /an emptyDir, a Secret or its cache/],
];

/** Changes of a build's Job that its builder may not make. */
const NOT_IN_A_JOB: readonly [string, Change, RegExp][] = [
  ['another image', (spec) => (part(spec, 'build').image = 'busybox:1'), /the program of this platform/],
  ['another BuildKit', (spec) => (part(spec, 'buildkit').image = 'busybox:1'), /BuildKit is the one/],
  ['another program', (spec) => (part(spec, 'test').command = ['sh']), /the program of this platform/],
  ['a program of a probe', (spec) => probed(spec), /the program of this platform/],
  ['a program mounted over ours', (spec) => mountedOver(spec), /the program of this platform/],
  [
    'a container more',
    (spec) => spec.containers.push({ name: 'more', image: 'busybox:1' }),
    /BuildKit beside the stages/,
  ],
  ['the port of BuildKit', (spec) => part(spec, 'buildkit').args?.push('--addr=tcp://0.0.0.0:1'), /no port/],
  ['the cache of another app', (spec) => otherCache(spec), /the cache of its own app/],
  ['a Secret of another build', (spec) => secretVolume(spec, 'build-other'), /no other Secret/],
  ['the login of another release', (spec) => secretVolume(spec, 'other-registry'), /no other Secret/],
  ['the login in BuildKit’s container', (spec) => loginInBuildKit(spec), /has no login/],
  ['another try', (_spec, job) => (job.spec!.backoffLimit = 3), /is tried once/],
  ['no end', (_spec, job) => delete job.spec!.activeDeadlineSeconds, /has an end/],
  [
    'another installation',
    (_spec, job) => (job.metadata!.labels!['sluice.dev/installation'] = 'other'),
    /builds of its own installation/,
  ],
  [
    'pods of another installation',
    (_spec, job) => (job.spec!.template.metadata!.labels!['sluice.dev/installation'] = 'other'),
    /builds of its own installation/,
  ],
];

/** What may run where builds run, asked of the API server itself. */
export function buildPolicyTests(sluice: ChartInstallation): void {
  const job = async (change: Change = () => undefined): Promise<V1Job> => {
    const task = buildTask({ installationId: await sluice.installationId() });
    const made = jobOf(
      task,
      {
        namespace: 'sluice-builds',
        registry: testSettings.clusterRegistry,
        registries: { mirrors: {}, plainHttp: [] },
        jobImage: testSettings.clusterPlatformImage,
        buildkitImage: testSettings.clusterBuildkitImage,
        cache: { storageClass: '', size: '1Gi' },
        loginSecret: `${sluice.namespace}-sluice-registry`,
        buildkitResources: DEFAULT_RESOURCES.buildkit,
        jobResources: DEFAULT_RESOURCES.job,
        patienceSeconds: 60,
      },
      {},
    );
    const copy = structuredClone(made);
    change(copy.spec!.template.spec!, copy);
    return copy;
  };
  const create = async (made: V1Job): Promise<Ran> => sluice.as('builder', SERVER_SIDE, JSON.stringify(made));

  describe('a Job of the builders', () => {
    it('is admitted as it is', async () => {
      const made = await create(await job());
      expect(made.code, made.output).toBe(0);
    });

    it.each([...NOT_IN_A_POD, ...NOT_IN_A_JOB])('is refused with %s', async (_what, change, message) => {
      const refused = await create(await job(change));
      expect(refused.code, refused.output).not.toBe(0);
      expect(refused.output).toMatch(message);
    });

    it('is refused elsewhere', async () => {
      const made = await job((_spec, one) => (one.metadata!.namespace = 'default'));
      expect((await create(made)).output).toContain('forbidden');
    });
  });

  describe('a pod in the namespace of builds, whoever makes it', () => {
    const pod = async (change: Change = () => undefined): Promise<Ran> => {
      const { spec, metadata } = await job(change);
      const made = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: metadata!.name, namespace: 'sluice-builds' },
        spec: spec!.template.spec,
      };
      return tryKubectl(SERVER_SIDE, { input: JSON.stringify(made) });
    };

    it('is admitted as it is', async () => {
      const made = await pod();
      expect(made.code, made.output).toBe(0);
    });

    it.each(NOT_IN_A_POD)('is refused with %s', async (_what, change, message) => {
      const refused = await pod(change);
      expect(refused.code, refused.output).not.toBe(0);
      expect(refused.output).toMatch(message);
    });
  });

  it('grants nothing by a wildcard, and nobody the reading of Secrets', async () => {
    const list = await tryKubectl(['get', 'clusterroles,roles', '--all-namespaces', '--output', 'json']);
    const { items } = JSON.parse(list.stdout) as {
      items: { metadata: { name: string }; rules: Record<string, string[]>[] | null }[];
    };
    const own = items.filter(({ metadata }) => metadata.name.startsWith(`${sluice.namespace}-`));
    expect(own.length).toBeGreaterThan(3);
    for (const { metadata, rules } of own) {
      for (const rule of rules ?? []) {
        expect(Object.values(rule).flat(), metadata.name).not.toContain('*');
        if (!rule['resources']?.includes('secrets')) continue;
        const reading = rule['verbs']?.filter((verb) => ['get', 'list', 'watch'].includes(verb));
        expect(reading, metadata.name).toEqual([]);
      }
    }
  });
}

function part(spec: V1PodSpec, name: Container): V1Container {
  const found = [...(spec.initContainers ?? []), ...spec.containers].find((one) => one.name === name);
  if (found === undefined) throw new Error(`a build has no container ${name}`);
  return found;
}

function secured(spec: V1PodSpec, change: V1Container['securityContext']): void {
  const container = part(spec, 'buildkit');
  container.securityContext = Object.assign(container.securityContext ?? {}, change);
}

function hostPath(spec: V1PodSpec): void {
  spec.volumes?.push({ name: 'node', hostPath: { path: '/' } });
}

function hostPort(spec: V1PodSpec): void {
  part(spec, 'buildkit').ports = [{ containerPort: 8080, hostPort: 8080 }];
}

function tokenVolume(spec: V1PodSpec): void {
  spec.volumes?.push({
    name: 'token',
    projected: { sources: [{ serviceAccountToken: { path: 'token' } }] },
  });
}

function probed(spec: V1PodSpec): void {
  part(spec, 'build').livenessProbe = { exec: { command: ['sh'] } };
}

function mountedOver(spec: V1PodSpec): void {
  part(spec, 'build').volumeMounts?.push({ name: 'work', mountPath: '/app/dist' });
}

function otherCache(spec: V1PodSpec): void {
  const cache = spec.volumes?.find(({ name }) => name === 'cache');
  if (cache?.persistentVolumeClaim !== undefined) cache.persistentVolumeClaim.claimName = 'cache-other-app';
}

function secretVolume(spec: V1PodSpec, secretName: string): void {
  spec.volumes?.push({ name: 'more', secret: { secretName } });
}

function loginInBuildKit(spec: V1PodSpec): void {
  part(spec, 'buildkit').volumeMounts?.push({ name: 'registry-login', mountPath: '/login' });
}
