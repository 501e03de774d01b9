import { goodCanary, illCanary, newerPushDuringCanary, rollbackDuringCanary } from './canaries.ts';
import { configChange } from './config-change.ts';
import { deletion, deletionDuringBuild, deletionDuringCanary } from './deletion.ts';
import type { Operation } from './operation.ts';
import { failingPush, goodPush, newerPush, noisyPush, releasePhasePush } from './pushes.ts';
import { rollback } from './rollback.ts';

export const OPERATIONS: readonly Operation[] = [
  goodPush,
  failingPush,
  releasePhasePush,
  noisyPush,
  newerPush,
  goodCanary,
  illCanary,
  newerPushDuringCanary,
  configChange,
  rollback,
  rollbackDuringCanary,
  deletion,
  deletionDuringBuild,
  deletionDuringCanary,
];
