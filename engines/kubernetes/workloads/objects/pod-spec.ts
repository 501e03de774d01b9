import type { V1Container, V1PodSpec, V1ResourceRequirements } from '@kubernetes/client-node';
import { Refusal } from '../../../../core/reason.ts';
import { APP_ACCOUNT } from './app-objects.ts';
import type { ResourceLimits } from './asked.ts';
import { filesVolume } from './files.ts';
import { bytesQuantity, cpuQuantity } from './quantities.ts';

/** The app's container in each of its pods. */
export const CONTAINER = 'app';

/** Seconds after which pods of a node that is gone are made anew elsewhere; Kubernetes itself would wait 300. */
const NODE_PATIENCE_SECONDS = 30;

/** Share of its limits that a replica is sure of: apps are many, and mostly idle. */
const SURE_SHARE = { memory: 0.25, cpu: 0.05 };

export function resourcesOf(limits: ResourceLimits): V1ResourceRequirements {
  return {
    limits: { memory: bytesQuantity(limits.memoryBytes), cpu: cpuQuantity(limits.cpus) },
    requests: {
      memory: bytesQuantity(limits.memoryBytes * SURE_SHARE.memory),
      cpu: cpuQuantity(limits.cpus * SURE_SHARE.cpu),
    },
  };
}

export interface Contained {
  readonly image: string;
  readonly user: string;
  readonly environment: string;
  /** Name of the Secret with its files; undefined: it has none. */
  readonly files: string | undefined;
  readonly graceSeconds: number;
  readonly resources: V1ResourceRequirements;
}

/** A pod that has what pod-security `restricted` asks for, and the low ports that many images listen on. */
export function podSpec(
  contained: Contained,
  container: Partial<V1Container>,
  more: Pick<V1PodSpec, 'restartPolicy' | 'hostname' | 'topologySpreadConstraints'>,
): V1PodSpec {
  const { volumes, volumeMounts } = filesVolume(contained.files);
  return {
    serviceAccountName: APP_ACCOUNT,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    // The first process of a namespace ignores SIGTERM unless it asked for it, as most apps do not; and leaves zombies.
    shareProcessNamespace: true,
    terminationGracePeriodSeconds: contained.graceSeconds,
    securityContext: {
      runAsNonRoot: true,
      ...numericUser(contained.user),
      ...(volumes === undefined ? {} : groupOf(contained.user)),
      seccompProfile: { type: 'RuntimeDefault' },
      sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }],
    },
    tolerations: ['not-ready', 'unreachable'].map((what) => ({
      key: `node.kubernetes.io/${what}`,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: NODE_PATIENCE_SECONDS,
    })),
    containers: [
      {
        name: CONTAINER,
        image: contained.image,
        envFrom: [{ secretRef: { name: contained.environment } }],
        resources: contained.resources,
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        ...(volumeMounts === undefined ? {} : { volumeMounts }),
        ...container,
      },
    ],
    ...(volumes === undefined ? {} : { volumes }),
    ...more,
  };
}

const NUMERIC_USER = /^(\d{1,10})(?::(\d{1,10}))?$/;

/** @throws Refusal `image_runs_as_root` */
export function refuseRoot(user: string): void {
  const [, uid] = NUMERIC_USER.exec(user) ?? [];
  if (uid !== undefined && Number(uid) !== 0) return;
  throw new Refusal(
    422,
    'image_runs_as_root',
    user === '' || uid !== undefined
      ? 'the image runs as root, which this cluster does not allow'
      : `the image's USER ${user} is no number, so that nobody can tell whether it is root`,
    'add a line such as `USER 1000` to the end of the Dockerfile, and give that user the files it writes to',
  );
}

function numericUser(user: string): { runAsUser?: number; runAsGroup?: number } {
  const [, uid, gid] = NUMERIC_USER.exec(user) ?? [];
  return {
    ...(uid === undefined ? {} : { runAsUser: Number(uid) }),
    ...(gid === undefined ? {} : { runAsGroup: Number(gid) }),
  };
}

/** Who may read the pod's files. A user that is named without a group gets one of its own number beside its own. */
function groupOf(user: string): { fsGroup?: number } {
  const [, uid, gid = uid] = NUMERIC_USER.exec(user) ?? [];
  return gid === undefined ? {} : { fsGroup: Number(gid) };
}
