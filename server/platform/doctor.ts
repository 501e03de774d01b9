import { bytesShown } from '../../core/bytes.ts';
import type { Traffic, Workloads } from '../../engines/port.ts';
import type { BuildQueue } from '../queue/queue.ts';
import { freeBytes } from '../retention/gauge.ts';
import type { Retention } from '../retention/retention.ts';
import { isFull, limitBytes, usageShown } from '../retention/usage.ts';
import type { Settings } from '../settings.ts';
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
  readonly firewall: () => Promise<Omit<Finding, 'name'>>;
}

const LOW_BYTES = 2 * 1024 ** 3;

/** Looks at each part as it is now. Never throws: what does not answer is a finding. */
export async function examine(deps: DoctorDeps): Promise<Finding[]> {
  const { settings } = deps;
  return Promise.all([
    found(
      'engine',
      async () => deps.workloads.observe(),
      'the engine answers',
      `start Docker; its socket is ${settings.dockerSocket}`,
    ),
    found(
      'router',
      async () => deps.traffic.counts(),
      'the router answers',
      'start the router; its log is in the data folder, logs/platform/router.log',
    ),
    found(
      'queue',
      async () => required(await deps.queue.healthy(), 'Redis does not answer'),
      'Redis answers',
      `start Redis at ${settings.redisUrl}; nothing is lost meanwhile`,
    ),
    found(
      'builder',
      async () => required((await deps.queue.builders()) > 0, 'no builder waits for work'),
      'a builder waits for work',
      'start the builder; pushes wait for it',
    ),
    found(
      'ssh',
      async () => required(await connects(settings.sshPort), `nothing listens on port ${settings.sshPort}`),
      'the SSH front listens',
      'start the SSH front; its log is in the data folder, logs/platform/git.log',
    ),
    found(
      'disk',
      async () => enoughDisk(settings.paths.root),
      'there is room on the disk',
      'free space, for example: docker builder prune',
    ),
    Promise.resolve(budget(deps.retention)),
    deps.firewall().then((state) => ({ name: 'firewall', ...state })),
  ]);
}

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
