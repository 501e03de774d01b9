import { bytesShown } from '../../core/bytes.ts';
import type { Traffic, Workloads } from '../../engines/port.ts';
import type { BuildQueue } from '../queue/queue.ts';
import { freeBytes } from '../retention/gauge.ts';
import type { Retention } from '../retention/retention.ts';
import { isFull, limitBytes, usageShown } from '../retention/usage.ts';
import type { Settings } from '../settings.ts';
import type { KeyRotation } from './key-rotation.ts';
import { connects } from './connects.ts';

export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly message: string;
  readonly fix?: string;
}

export interface DoctorDeps {
  readonly settings: Settings;
  readonly workloads: Workloads;
  readonly traffic: Traffic;
  readonly queue: BuildQueue;
  readonly retention: Pick<Retention, 'usage'>;
  readonly rotation: Pick<KeyRotation, 'isStuck' | 'state'>;
  /** On this machine's own engine; in a cluster NetworkPolicies do its work. */
  readonly firewall?: () => Promise<Omit<Finding, 'name'>>;
}

const LOW_BYTES = 2 * 1024 ** 3;

/** Looks at each part as it is now. Never throws: what does not answer is a finding. */
export async function examine(deps: DoctorDeps): Promise<Finding[]> {
  const { settings } = deps;
  const fix = settings.engine === 'docker' ? onThisMachine(settings) : IN_A_CLUSTER;
  const port = settings.sshListenPort;
  return Promise.all([
    found('engine', async () => deps.workloads.observe(), 'the engine answers', fix.engine),
    found(
      'router',
      async () => required((await deps.traffic.counts()).fresh, 'no HAProxy tells what it counts'),
      'the router answers',
      fix.router,
    ),
    found(
      'queue',
      async () => required(await deps.queue.healthy(), 'Redis does not answer'),
      'Redis answers',
      fix.queue,
    ),
    found(
      'builder',
      async () => required((await deps.queue.builders()) > 0, 'no builder waits for work'),
      'a builder waits for work',
      fix.builder,
    ),
    found(
      'ssh',
      async () => required(await connects(port), `nothing listens on port ${port}`),
      'the SSH front listens',
      fix.ssh,
    ),
    found('disk', async () => enoughDisk(settings.paths.root), 'there is room on the disk', fix.disk),
    found(
      'master key',
      async () => masterKeyReplaced(deps.rotation),
      'one master key opens the journal',
      fix.masterKey,
    ),
    Promise.resolve(budget(deps.retention)),
    ...(deps.firewall === undefined
      ? []
      : [deps.firewall().then((state) => ({ name: 'firewall', ...state }))]),
  ]);
}

type Fixes = Readonly<
  Record<'engine' | 'router' | 'queue' | 'builder' | 'ssh' | 'disk' | 'masterKey', string>
>;

function onThisMachine({ dockerSocket, redisUrl }: Settings): Fixes {
  return {
    engine: `start Docker; its socket is ${dockerSocket}`,
    router: 'start the router; its log is in the data folder, logs/platform/router.log',
    queue: `start Redis at ${withoutLogin(redisUrl)}; nothing is lost meanwhile`,
    builder: 'start the builder; pushes wait for it',
    ssh: 'start the SSH front; its log is in the data folder, logs/platform/git.log',
    disk: 'free space, for example: docker builder prune',
    masterKey: 'sudo sluice master-key:rotate   goes on with it; the server’s log says what stopped it',
  };
}

/** Of a URL what may be shown; what is none is the path of a socket. */
function withoutLogin(address: string): string {
  if (!URL.canParse(address)) return address.replace(/^.*@/s, '');
  const { protocol, host, pathname } = new URL(address);
  return `${protocol}//${host}${pathname}`;
}

/** `kubectl` needs the namespace that the chart was installed into, which the admin knows. */
const IN_A_CLUSTER: Fixes = {
  engine:
    'kubectl auth can-i --list --as system:serviceaccount:NAMESPACE:sluice-server   if that is right: kubectl get --raw /readyz',
  router: 'kubectl get pods -l app.kubernetes.io/component=router -A; apps go on by what the routers know',
  queue: 'kubectl get pods -l app.kubernetes.io/component=redis -A; nothing is lost meanwhile',
  builder: 'kubectl get pods -l app.kubernetes.io/component=builder -A; pushes wait for one',
  ssh: 'kubectl logs sluice-server-0 -c ssh -n NAMESPACE',
  disk: 'make the volume of the server larger: kubectl edit pvc data-sluice-server-0 -n NAMESPACE',
  masterKey:
    'kubectl exec -n NAMESPACE sluice-server-0 -c server -- sluice master-key:rotate   goes on with it; the server’s log says what stopped it',
};

async function found(
  name: string,
  look: () => Promise<unknown>,
  well: string,
  fix: string,
): Promise<Finding> {
  try {
    await look();
    return { name, ok: true, message: well };
  } catch (error) {
    return { name, ok: false, message: error instanceof Error ? error.message : String(error), fix };
  }
}

function required(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}

/** Until it is whole, whoever has the old key and the journal can read what the waiting keys seal. */
function masterKeyReplaced(rotation: DoctorDeps['rotation']): void {
  const { waiting } = rotation.state();
  required(
    !rotation.isStuck,
    waiting === 0
      ? 'the master key is being replaced, and the old one is not yet gone'
      : `the master key is being replaced, and ${waiting === 1 ? '1 key' : `${waiting} keys`} of the journal still need${waiting === 1 ? 's' : ''} an older one`,
  );
}

async function enoughDisk(folder: string): Promise<void> {
  const free = await freeBytes(folder);
  required(free >= LOW_BYTES, `${bytesShown(free)} are free; builds need room`);
}

function budget({ usage }: DoctorDeps['retention']): Finding {
  const name = 'disk budget';
  if (!usage) return { name, ok: true, message: 'not measured yet' };
  if (!isFull(usage)) return { name, ok: true, message: usageShown(usage) };
  return {
    name,
    ok: false,
    message: `${usageShown(usage)}; above ${bytesShown(limitBytes(usage))} no new builds are taken, and what may go is gone`,
    fix: 'raise SLUICE_DISK_BUDGET and start the server again, or `sluice apps:destroy` what is not needed',
  };
}
