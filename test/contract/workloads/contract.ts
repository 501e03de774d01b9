import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import type { WorkloadsFixture } from '../workloads.ts';
import { logs } from './logs.ts';
import { oneOffs } from './one-offs.ts';
import { removal } from './removal.ts';
import { runningReplicas } from './replicas.ts';
import { WorkloadsRig } from './rig.ts';

/** What every Workloads must do. */
export function workloadsContract(name: string, make: () => Promise<WorkloadsFixture>): void {
  describe(`Workloads: ${name}`, () => {
    const rig = new WorkloadsRig(make);

    beforeAll(() => rig.open());
    afterEach(() => rig.removeApps());
    afterAll(() => rig.close());

    runningReplicas(rig);
    logs(rig);
    oneOffs(rig);
    removal(rig);
  });
}
