import { expect, it } from 'vitest';
import { allReady, take, until } from '../workloads.ts';
import type { WorkloadsRig } from './rig.ts';

export function removal(rig: WorkloadsRig): void {
  it('tells what it takes of the disk, and frees nothing of the build cache where no build of ours ran', async () => {
    await rig.fixture.removals?.over();
    const app = rig.newApp();
    const before = await rig.workloads.usage([]);
    await rig.workloads.ensure(rig.release(app, 1));
    await until(rig.workloads, app.id, allReady(1));
    await rig.workloads.removeRelease(app, `${app.id}r1`, 5);
    const after = await rig.workloads.usage([]);
    expect(after.appLogs).toBeGreaterThan(before.appLogs);
    expect(after.images).toBe(before.images);
    expect(after.buildCache ?? 0).toBe(0);
    expect(await rig.workloads.trimBuildCache(1_000_000_000, [])).toBe(0);
  });

  it('removes all that an app has, and sweeps what belongs to no app', async () => {
    await rig.fixture.removals?.over();
    const [stays, goes, orphan] = [rig.newApp(), rig.newApp(), rig.newApp()];
    for (const app of [stays, goes, orphan]) await rig.workloads.ensure(rig.release(app, 1));
    await until(rig.workloads, stays.id, allReady(1));
    await rig.workloads.removeApp(goes.id);
    expect(await rig.workloads.observe(goes.id)).toEqual([]);
    await rig.workloads.sweep(new Set([stays.id]));
    const left = await rig.workloads.observe();
    expect(new Set(left.map((replica) => replica.appId))).toEqual(new Set([stays.id]));
    expect(await take(rig.workloads.logs(goes, { tail: 10, follow: false }))).toEqual([]);
  });
}
