import { statfs } from 'node:fs/promises';
import { Refusal } from '../../core/reason.ts';
import type { Settings } from '../settings.ts';

/** Below this much free space a build would only make things worse, in bytes. */
const FLOOR_BYTES = 512 * 1024 * 1024;

/** @throws Refusal 507 `disk_full` with the numbers */
export async function requireDisk(settings: Pick<Settings, 'paths'>): Promise<void> {
  const { bavail, bsize } = await statfs(settings.paths.root);
  const free = bavail * bsize;
  if (free >= FLOOR_BYTES) return;
  throw new Refusal(
    507,
    'disk_full',
    `the platform's disk has ${Math.floor(free / 1024 ** 2)} MB left and a build needs ${FLOOR_BYTES / 1024 ** 2} MB`,
    'ask an admin to run `sluice doctor` on the platform; running apps are not touched',
  );
}
