import { bytesShown } from '../../core/bytes.ts';
import { Refusal } from '../../core/reason.ts';
import { freeBytes } from '../retention/gauge.ts';
import type { Retention } from '../retention/retention.ts';
import { FLOOR_BYTES, isFull, kindsShown, limitBytes, usedBytes } from '../retention/usage.ts';
import type { Settings } from '../settings.ts';

export interface DiskDeps {
  readonly settings: Pick<Settings, 'paths'>;
  readonly retention: Pick<Retention, 'usage' | 'isDoubtful' | 'fresh'>;
}

/**
 * Room for a new build. Costs nothing while there is some; where there seems to be none, it is measured anew, and what
 * may go is let go first.
 * @throws Refusal 507 `disk_full` or `disk_budget` with the numbers
 */
export async function requireDisk(deps: DiskDeps): Promise<void> {
  const { retention } = deps;
  if (!retention.isDoubtful && !(await shortageOf(deps))) return;
  await retention.fresh();
  const still = await shortageOf(deps);
  if (still) throw still;
}

async function shortageOf({ settings, retention }: DiskDeps): Promise<Refusal | undefined> {
  const { usage } = retention;
  const free = Math.min(await freeBytes(settings.paths.root), usage?.free ?? Number.POSITIVE_INFINITY);
  if (free < FLOOR_BYTES) {
    return new Refusal(
      507,
      'disk_full',
      `the platform's disk has ${bytesShown(free)} left and a build needs ${bytesShown(FLOOR_BYTES)}`,
      'ask an admin to run `sluice doctor` on the platform; running apps are not touched',
    );
  }
  if (!usage || !isFull(usage)) return undefined;
  return new Refusal(
    507,
    'disk_budget',
    `the disk budget is used up: Sluice takes ${bytesShown(usedBytes(usage))} of ${bytesShown(usage.budget)}, and above ${bytesShown(limitBytes(usage))} it takes no new builds`,
    '`sluice apps:destroy` frees what an app has; an admin can raise SLUICE_DISK_BUDGET (see `sluice doctor`)',
    [...kindsShown(usage), 'running apps, rollbacks and config changes go on'],
  );
}
