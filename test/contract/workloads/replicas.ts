import { expect, it } from 'vitest';
import type { ProcessSpec, Replica } from '../../../engines/port.ts';
import { allReady, until } from '../workloads.ts';
import type { WorkloadsRig } from './rig.ts';

const web =
  (replicas: number) =>
  (command: string): ProcessSpec[] => [{ type: 'web', command, replicas }];

function byName(a: Replica, b: Replica): number {
  return a.name.localeCompare(b.name);
}

export function runningReplicas(rig: WorkloadsRig): void {
  it('makes every process of a release ready, with an address for web only', async () => {
    const app = rig.newApp();
    await rig.workloads.prepareApp(app);
    await rig.workloads.ensure(
      rig.release(app, 1, 'healthy', (command) => [
        { type: 'web', command, replicas: 2 },
        { type: 'worker', command: rig.fixture.worker, replicas: 1 },
      ]),
    );
    const replicas = await until(rig.workloads, app.id, allReady(3));
    const shown = replicas.map((r) => `${r.process}.${r.index} ${r.address?.port ?? '-'}`).toSorted();
    expect(shown).toEqual(['web.1 8080', 'web.2 8080', 'worker.1 -']);
    const hosts = replicas.flatMap((r) => (r.address === undefined ? [] : [r.address.host]));
    expect(new Set(hosts).size).toBe(2);
    expect(replicas.every((r) => r.restarts === 0 && (r.startedAt ?? 0) > 0)).toBe(true);
  });

  it('lists each replica where it is, with whether it runs', async () => {
    const app = rig.newApp();
    await rig.workloads.ensure(rig.release(app, 1, 'healthy', web(2)));
    const replicas = await until(rig.workloads, app.id, allReady(2));
    const listed = (await rig.workloads.list()).filter(({ appId }) => appId === app.id);
    const places = replicas.map(({ process, index, address }) => ({
      process,
      index,
      address,
      running: true,
    }));
    const byIndex = (a: { index: number }, b: { index: number }): number => a.index - b.index;
    expect(listed.toSorted(byIndex)).toMatchObject(places.toSorted(byIndex));
  });

  it('does its work once when it is asked twice, also at the same moment', async () => {
    const app = rig.newApp();
    const spec = rig.release(app, 1, 'healthy', web(2));
    await Promise.all([rig.workloads.ensure(spec), rig.workloads.ensure(spec)]);
    const before = await until(rig.workloads, app.id, allReady(2));
    await rig.workloads.ensure(spec);
    expect(await rig.workloads.observe(app.id)).toEqual(before);
  });

  it('starts what is missing and ends what is too many', async () => {
    const app = rig.newApp();
    await rig.workloads.ensure(rig.release(app, 1, 'healthy', web(1)));
    const [first] = await until(rig.workloads, app.id, allReady(1));
    await rig.workloads.ensure(rig.release(app, 1, 'healthy', web(3)));
    const three = await until(rig.workloads, app.id, allReady(3));
    expect(three).toContainEqual(first);
    await rig.workloads.ensure(rig.release(app, 1, 'healthy', web(1)));
    expect(await until(rig.workloads, app.id, allReady(1))).toEqual([first]);
  });

  it('says why a replica that crashes at its start failed, with what it wrote', async () => {
    const app = rig.newApp();
    await rig.workloads.ensure(rig.release(app, 1, 'crashes'));
    const [replica] = await until(rig.workloads, app.id, ([one]) => one?.state === 'failed');
    expect(replica?.reason?.code).toBe('crashed_on_start');
    expect(replica?.reason?.message).toContain('exited with code 7');
    expect(replica?.reason?.detail).toEqual(['exit code 7', 'started v1', 'about to crash']);
    expect(replica?.reason?.hint).toContain(`sluice logs -r v1 -a ${app.name}`);
  });

  it('fails a web that never becomes healthy, with what it answered', async () => {
    const app = rig.newApp();
    await rig.workloads.ensure(rig.release(app, 1, 'answers-503'));
    const [replica] = await until(rig.workloads, app.id, ([one]) => one?.state === 'failed');
    expect(replica?.reason?.code).toBe('health_check_failed');
    expect(replica?.reason?.message).toContain('answers 503');
  });

  it('shows the same to a fresh instance, and goes on from there', async () => {
    await rig.fixture.removals?.over();
    const app = rig.newApp();
    const spec = rig.release(app, 1, 'healthy', web(2));
    await rig.workloads.ensure(spec);
    const before = await until(rig.workloads, app.id, allReady(2));
    const fresh = rig.fixture.reopen();
    try {
      const after = await fresh.observe(app.id);
      expect(after.toSorted(byName)).toEqual(before.toSorted(byName));
      await fresh.ensure(spec);
      expect(await fresh.observe(app.id)).toHaveLength(2);
    } finally {
      await fresh.close();
    }
  });

  it('keeps releases apart and removes one without touching the other', async () => {
    const app = rig.newApp();
    const [one, two] = [rig.release(app, 1), rig.release(app, 2)];
    await rig.workloads.ensure(one);
    await rig.workloads.ensure(two);
    const both = await until(rig.workloads, app.id, allReady(2));
    await rig.workloads.removeRelease(app, one.releaseId, 5);
    const left = await rig.workloads.observe(app.id);
    expect(left).toEqual(both.filter((replica) => replica.releaseId === two.releaseId));
    await rig.workloads.removeRelease(app, one.releaseId, 5);
  });

  it('replaces replicas one after the other', async () => {
    const app = rig.newApp();
    const spec = rig.release(app, 1, 'healthy', web(2));
    await rig.workloads.ensure(spec);
    const before = await until(rig.workloads, app.id, allReady(2));
    let fewest = 2;
    const countReady = async (): Promise<void> => {
      const seen = await rig.workloads.observe(app.id);
      fewest = Math.min(fewest, seen.filter((replica) => replica.state === 'ready').length);
    };
    const looks: Promise<void>[] = [];
    const stop = rig.workloads.watch(() => looks.push(countReady()));
    await rig.workloads.restart(spec, 'web');
    const after = await until(rig.workloads, app.id, allReady(2));
    stop();
    await Promise.all(looks);
    const names = new Set(before.map((replica) => replica.name));
    expect(after.some((replica) => names.has(replica.name))).toBe(false);
    expect(new Set(after.map((replica) => replica.index))).toEqual(new Set([1, 2]));
    expect(fewest).toBe(2);
  });
}
