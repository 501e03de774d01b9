import type {
  V1Container,
  V1Job,
  V1PersistentVolumeClaim,
  V1Secret,
  V1Volume,
  V1VolumeMount,
} from '@kubernetes/client-node';
import { TEST_SECONDS } from '../../build/gate.ts';
import type { BuildTask, RemoteSource } from '../../port.ts';
import { ANNOTATION } from '../labels.ts';
import { buildkitConfiguration, cacheBytes } from './buildkit-configuration.ts';
import { JOB_PATHS, JOB_PROGRAM } from './job-input.ts';
import type { JobInput } from './job-input.ts';
import { CACHE_KIND, appLabels, attemptLabels, cacheName, jobName, pushedName } from './names.ts';
import type { JobBuildSettings } from './job-settings.ts';

/** User of all containers: the one of the rootless BuildKit images. */
const USER = 1000;
/** Seconds beside the stages and the wait for a node: for images, the tree, the push. */
const OVERHEAD_SECONDS = 300;
/** Seconds that an ended Job can be looked at. */
const KEPT_SECONDS = 3_600;
const GRACE_SECONDS = 5;
/** Seconds on a node that does not answer before the attempt is lost. */
const UNREACHABLE_SECONDS = 10;
const BUILDKIT_HOME = '/home/user/.local/share/buildkit';
const CONFIGURATION = '/etc/sluice-buildkit';

/** The pod template of a build, as it is admitted to the namespace. */
export function jobOf(
  task: BuildTask,
  settings: JobBuildSettings,
  annotations: Readonly<Record<string, string>>,
): V1Job {
  const { namespace, generation, pullSecrets = [] } = settings;
  const labels = attemptLabels(task);
  const owned = generation === undefined ? {} : { [ANNOTATION.generation]: generation };
  const testSeconds = task.manifest.test?.timeoutSeconds ?? TEST_SECONDS;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(task),
      namespace,
      labels,
      annotations: { [ANNOTATION.appName]: task.appName, ...owned, ...annotations },
    },
    spec: {
      backoffLimit: 0,
      completions: 1,
      parallelism: 1,
      podReplacementPolicy: 'Failed',
      // The journal decides about a next attempt, so that one is never made behind its back.
      podFailurePolicy: {
        rules: [{ action: 'FailJob', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
      },
      activeDeadlineSeconds:
        testSeconds + task.manifest.buildTimeoutSeconds + settings.patienceSeconds + OVERHEAD_SECONDS,
      ttlSecondsAfterFinished: KEPT_SECONDS,
      template: {
        metadata: { labels, annotations: { [ANNOTATION.appName]: task.appName } },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets.map((name) => ({ name })) }),
          terminationGracePeriodSeconds: GRACE_SECONDS,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: USER,
            runAsGroup: USER,
            fsGroup: USER,
            fsGroupChangePolicy: 'OnRootMismatch',
          },
          tolerations: ['unreachable', 'not-ready'].map((trouble) => ({
            key: `node.kubernetes.io/${trouble}`,
            operator: 'Exists',
            effect: 'NoExecute',
            tolerationSeconds: UNREACHABLE_SECONDS,
          })),
          initContainers: [buildkit(settings), program('test', settings)],
          containers: [program('build', settings)],
          volumes: volumes(task, settings, keepsCache(task, settings)),
        },
      },
    },
  };
}

/**
 * BuildKit without root. It needs more than `restricted` allows: mounts, and a second user by newuidmap, which a seccomp
 * profile and no-new-privileges would refuse. The app's own commands run in this container.
 */
function buildkit({ buildkitImage, buildkitResources }: JobBuildSettings): V1Container {
  return {
    name: 'buildkit',
    image: buildkitImage,
    imagePullPolicy: 'IfNotPresent',
    restartPolicy: 'Always',
    args: [
      `--config=${CONFIGURATION}/buildkitd.toml`,
      `--addr=unix://${JOB_PATHS.socket}`,
      // A process namespace of its own for each step would need /proc unmasked.
      '--oci-worker-no-process-sandbox',
    ],
    env: [
      { name: 'BUILDKIT_STEP_LOG_MAX_SIZE', value: String(10 * 1024 * 1024) },
      { name: 'BUILDKIT_STEP_LOG_MAX_SPEED', value: '-1' },
    ],
    securityContext: {
      seccompProfile: { type: 'Unconfined' },
      appArmorProfile: { type: 'Unconfined' },
      runAsUser: USER,
      runAsGroup: USER,
    },
    resources: { ...buildkitResources },
    volumeMounts: [
      { name: 'socket', mountPath: JOB_PATHS.socketFolder },
      { name: 'cache', mountPath: BUILDKIT_HOME },
      { name: 'buildkit-configuration', mountPath: CONFIGURATION, readOnly: true },
    ],
  };
}

function program(phase: 'test' | 'build', settings: JobBuildSettings): V1Container {
  const login: V1VolumeMount[] =
    settings.loginSecret === undefined
      ? []
      : [{ name: 'registry-login', mountPath: JOB_PATHS.registryLogin, readOnly: true }];
  return {
    name: phase,
    image: settings.jobImage,
    imagePullPolicy: 'IfNotPresent',
    command: ['node', JOB_PROGRAM, phase],
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
    resources: { ...settings.jobResources },
    volumeMounts: [
      { name: 'socket', mountPath: JOB_PATHS.socketFolder },
      { name: 'input', mountPath: JOB_PATHS.input, readOnly: true },
      { name: 'work', mountPath: JOB_PATHS.work },
      { name: 'tmp', mountPath: '/tmp' },
      ...login,
    ],
  };
}

/** A volume may be bound to a machine that is lost: the next attempt does without. */
export function keepsCache(task: BuildTask, { cache }: JobBuildSettings): boolean {
  return cache !== undefined && task.attempt === 1;
}

function volumes(task: BuildTask, settings: JobBuildSettings, kept: boolean): V1Volume[] {
  const secret = (name: string, key: string): V1Volume => ({
    name,
    secret: { secretName: jobName(task), items: [{ key, path: key }] },
  });
  const login: V1Volume[] =
    settings.loginSecret === undefined
      ? []
      : [
          {
            name: 'registry-login',
            secret: {
              secretName: settings.loginSecret,
              items: [{ key: '.dockerconfigjson', path: 'config.json' }],
            },
          },
        ];
  return [
    { name: 'socket', emptyDir: {} },
    { name: 'work', emptyDir: {} },
    { name: 'tmp', emptyDir: {} },
    kept
      ? {
          name: 'cache',
          persistentVolumeClaim: { claimName: cacheName(task.installationId, task.appId) },
        }
      : { name: 'cache', emptyDir: {} },
    secret('input', 'task.json'),
    secret('buildkit-configuration', 'buildkitd.toml'),
    ...login,
  ];
}

/**
 * What the Job's containers read; it goes with the Job.
 * @param uid of the Job
 */
export function secretOf(
  task: BuildTask,
  settings: JobBuildSettings,
  source: RemoteSource,
  uid: string,
): V1Secret {
  const owner = { apiVersion: 'batch/v1', kind: 'Job', name: jobName(task), uid };
  const image = pushedName(settings.registry, task);
  const kept = keepsCache(task, settings) ? cacheBytes(settings.cache?.size ?? '') : undefined;
  const input: JobInput = {
    task,
    source,
    image,
    registries: settings.registries,
    ...(kept === undefined ? {} : { cacheBytes: kept }),
  };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: jobName(task),
      namespace: settings.namespace,
      labels: attemptLabels(task),
      ownerReferences: [owner],
    },
    type: 'Opaque',
    immutable: true,
    stringData: {
      'task.json': JSON.stringify(input),
      'buildkitd.toml': buildkitConfiguration(settings.registries),
    },
  };
}

/** The volume that keeps an app's cache from one build to the next. */
export function cacheOf(
  task: Pick<BuildTask, 'installationId' | 'appId' | 'appName'>,
  namespace: string,
  cache: { readonly storageClass: string; readonly size: string },
): V1PersistentVolumeClaim {
  const { installationId, appId, appName } = task;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: cacheName(installationId, appId),
      namespace,
      labels: appLabels(installationId, appId, CACHE_KIND),
      annotations: { [ANNOTATION.appName]: appName },
    },
    spec: {
      accessModes: ['ReadWriteOnce'],
      ...(cache.storageClass === '' ? {} : { storageClassName: cache.storageClass }),
      resources: { requests: { storage: cache.size } },
    },
  };
}
