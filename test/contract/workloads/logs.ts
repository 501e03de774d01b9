import { expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { allReady, take, until } from '../workloads.ts';
import type { WorkloadsRig } from './rig.ts';

export function logs(rig: WorkloadsRig): void {
  it('gives the newest log lines of all replicas, also of those that are gone', async () => {
    const app = rig.newApp();
    const [one, two] = [rig.release(app, 1), rig.release(app, 2)];
    await rig.workloads.ensure(one);
    await until(rig.workloads, app.id, allReady(1));
    await rig.workloads.ensure(two);
    await until(rig.workloads, app.id, allReady(2));
    await rig.workloads.removeRelease(app, one.releaseId, 5);
    // The engine takes a moment to write down what a process has said.
    const lines = await eventually('both have written', async () => {
      const found = await take(rig.workloads.logs(app, { tail: 10, follow: false }));
      return found.length >= 2 && found;
    });
    expect(lines.map(({ release: number, source, text: line }) => ({ number, source, line }))).toEqual([
      { number: 1, source: 'web.1', line: 'started v1' },
      { number: 2, source: 'web.1', line: 'started v2' },
    ]);
    const [last] = await take(rig.workloads.logs(app, { tail: 1, follow: false }));
    expect(last?.text).toBe('started v2');
    expect(await take(rig.workloads.logs(app, { tail: 10, follow: false, process: 'worker' }))).toEqual([]);
    for (const number of [1, 2]) {
      const ofOne = await take(rig.workloads.logs(app, { tail: 10, follow: false, release: number }));
      expect(ofOne.map((line) => line.text)).toEqual([`started v${number}`]);
    }
  });

  it('follows logs over replicas that start later, until it is told to stop', async () => {
    const app = rig.newApp();
    await rig.workloads.ensure(rig.release(app, 1));
    await until(rig.workloads, app.id, allReady(1));
    const stop = new AbortController();
    const seen: string[] = [];
    for await (const line of rig.workloads.logs(app, { tail: 10, follow: true, signal: stop.signal })) {
      seen.push(line.text);
      if (line.text === 'started v1') await rig.workloads.ensure(rig.release(app, 2));
      if (line.text === 'started v2') stop.abort();
    }
    expect(seen).toEqual(['started v1', 'started v2']);
  });

  it('follows the logs of one release and one process, whatever else starts', async () => {
    const app = rig.newApp();
    await rig.workloads.ensure(rig.release(app, 1));
    await until(rig.workloads, app.id, allReady(1));
    const stop = new AbortController();
    const only = { release: 3, process: 'web' };
    const lines = rig.workloads.logs(app, { tail: 10, follow: true, signal: stop.signal, ...only });
    const first = lines[Symbol.asyncIterator]().next();
    await rig.workloads.ensure(rig.release(app, 2));
    await until(rig.workloads, app.id, allReady(2));
    await rig.workloads.ensure(rig.release(app, 3));
    expect((await first).value).toMatchObject({ release: 3, source: 'web.1', text: 'started v3' });
    stop.abort();
  });
}
