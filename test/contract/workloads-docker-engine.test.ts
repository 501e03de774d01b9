import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectDocker } from '../../engines/docker/client.ts';
import { LABEL } from '../../engines/docker/workloads/labels.ts';
import { must } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { allReady, take, until } from './workloads.ts';
import { openDocker, releaseOf, SERVE, untilKeptUp, type DockerFixture } from './workloads-docker-fixture.ts';

describe('containers of replicas on Docker', () => {
  let fixture: DockerFixture;
  beforeAll(async () => {
    fixture = await openDocker('10.214.80.0/20');
  });
  afterAll(() => fixture.close());

  async function inspectAll(appId: string) {
    const filters = { label: [`${LABEL.app}=${appId}`] };
    const found = await fixture.docker.listContainers({ all: true, filters });
    return Promise.all(found.map((container) => fixture.docker.getContainer(container.Id).inspect()));
  }

  it('are confined, labelled, and kept up by the engine only once they were ready', async () => {
    const release = releaseOf(fixture, `until [ -e /tmp/told ]; do sleep 0.1; done; ${SERVE}`);
    await fixture.workloads.ensure(release);
    const [starting] = await inspectAll(release.app.id);
    expect(starting?.HostConfig.RestartPolicy?.Name).toBe('no');
    await must('docker', ['exec', starting?.Id ?? '', 'touch', '/tmp/told']);
    await until(fixture.workloads, release.app.id, allReady(1));
    await untilKeptUp(fixture.docker, release.app.id);
    const [ready] = await inspectAll(release.app.id);
    expect(ready?.HostConfig).toMatchObject({
      Init: true,
      Memory: 64 * 1024 * 1024,
      MemorySwap: 64 * 1024 * 1024,
      CpuQuota: 100_000,
      PidsLimit: 64,
      LogConfig: { Type: 'local', Config: { 'max-size': '10m', 'max-file': '3' } },
      SecurityOpt: ['no-new-privileges'],
      PortBindings: null,
    });
    expect(ready?.HostConfig.CapDrop).toContain('NET_RAW');
    expect(ready?.Config.Labels).toMatchObject({
      [LABEL.installation]: fixture.installationId,
      [LABEL.app]: release.app.id,
      [LABEL.release]: release.releaseId,
      [LABEL.process]: 'web',
    });
  });

  it('are mended from half-done states: stopped by hand, never started, removed', async () => {
    const release = releaseOf(fixture, undefined, {
      processes: [{ type: 'web', command: SERVE, replicas: 3 }],
    });
    await fixture.workloads.ensure(release);
    const ready = await until(fixture.workloads, release.app.id, allReady(3));
    await untilKeptUp(fixture.docker, release.app.id);
    const [stopped, removed] = ready.map((replica) => fixture.docker.getContainer(replica.name));
    await stopped?.stop({ t: 0 });
    await removed?.remove({ force: true });
    await fixture.workloads.ensure(release);
    const mended = await until(fixture.workloads, release.app.id, allReady(3));
    expect(new Set(mended.map((replica) => replica.index))).toEqual(new Set([1, 2, 3]));
    expect((await inspectAll(release.app.id)).map((container) => container.State.Running)).toEqual([
      true,
      true,
      true,
    ]);

    // A server that died between creating and starting.
    const [left] = await inspectAll(release.app.id);
    await fixture.workloads.removeRelease(release.app, release.releaseId, 0);
    const made = await fixture.docker.createContainer({
      name: left?.Name.slice(1) ?? '',
      Image: fixture.image,
      Cmd: ['sh', '-c', SERVE],
      Env: left?.Config.Env ?? [],
      Labels: left?.Config.Labels ?? {},
      HostConfig: left?.HostConfig ?? {},
      NetworkingConfig: {
        EndpointsConfig: {
          [left?.HostConfig.NetworkMode ?? '']: {
            IPAMConfig: { IPv4Address: left?.Config.Labels[LABEL.address] ?? '' },
          },
        },
      },
    });
    await made.inspect();
    const fresh = fixture.reopen();
    try {
      await fresh.ensure(release);
      await until(fresh, release.app.id, allReady(3));
      expect((await made.inspect()).State.Running).toBe(true);
    } finally {
      await fresh.close();
    }
  });

  it('end within their grace when they heed SIGTERM, and by SIGKILL when they do not', async () => {
    const heeds = releaseOf(fixture, SERVE);
    const ignores = releaseOf(fixture, `trap '' TERM; ${SERVE.replace('exec ', '')} & wait; sleep 60`);
    for (const release of [heeds, ignores]) {
      await fixture.workloads.ensure(release);
      await until(fixture.workloads, release.app.id, allReady(1));
    }
    const took = async (release: typeof heeds, grace: number): Promise<number> => {
      const begun = performance.now();
      await fixture.workloads.removeRelease(release.app, release.releaseId, grace);
      return performance.now() - begun;
    };
    expect(await took(heeds, 60)).toBeLessThan(30_000);
    const killed = await took(ignores, 2);
    expect(killed).toBeGreaterThan(1_900);
    expect(killed).toBeLessThan(30_000);
  });

  it('refuse an image that is gone or runs nothing, with what to do', async () => {
    const gone = releaseOf(fixture, SERVE, { image: `sha256:${'0'.repeat(64)}` });
    await expect(fixture.workloads.ensure(gone)).rejects.toMatchObject({
      reason: { code: 'image_missing', hint: expect.stringContaining('sluice builds:create') },
    });
    const lost = releaseOf(fixture, SERVE, { image: 'no-such-image-of-sluice:1' });
    await expect(fixture.workloads.ensure(lost)).rejects.toMatchObject({ reason: { code: 'image_missing' } });
  });

  it('are not guessed at while the engine is away', async () => {
    const away = fixture.openWith({ docker: connectDocker({ endpoint: 'unix:///nowhere/docker.sock' }) });
    await expect(away.observe()).rejects.toMatchObject({ code: 'engine_unreachable' });
    await away.close();
  });

  it('have one-offs with a terminal of the given size, which can change', async () => {
    const release = releaseOf(fixture, SERVE);
    const one = await fixture.workloads.run(release, {
      key: 'tty',
      command: ['/bin/sh', '-c', 'read -r line; stty size; read -r line; stty size; tty'],
      tty: true,
      columns: 91,
      rows: 17,
    });
    expect(one.stderr).toBeUndefined();
    let shown = '';
    one.stream.setEncoding('utf8').on('data', (data: string) => {
      shown += data;
    });
    one.stream.write('\n');
    while (!shown.includes('17 91')) await once(one.stream, 'data');
    await one.resize(40, 20);
    one.stream.write('\n');
    expect((await one.exit).code).toBe(0);
    // The exit comes by another way than what was shown before it.
    await eventually('all is shown', () => shown.includes('/dev/'));
    expect(shown).toContain('20 40');
  });

  it('pass all of a large output of a one-off to a reader that starts late', async () => {
    const release = releaseOf(fixture, SERVE);
    const one = await fixture.workloads.run(release, {
      key: 'large',
      command: ['/bin/sh', '-c', 'head -c 20000000 /dev/zero | tr "\\0" x'],
      tty: false,
    });
    one.stderr?.resume();
    one.stream.end();
    expect((await text(one.stream)).length).toBe(20_000_000);
    expect(await one.exit).toEqual({ code: 0, oomKilled: false });
    expect(await fixture.workloads.findOneOff(release.app.id, 'large')).toBeUndefined();
  });

  it('begin a Procfile command anew that a server before prepared, and did not live to begin', async () => {
    const { docker, workloads } = fixture;
    const release = releaseOf(fixture, SERVE);
    const command = { key: 'release-1', command: 'exit 3', tty: false };
    const first = await workloads.run(release, command);
    first.stream.resume();
    first.stderr?.resume();
    await first.exit;
    const filters = { label: [`sluice.app=${release.app.id}`] };
    const [left] = await docker.listContainers({ all: true, filters });
    await docker.getContainer(left?.Id ?? '').remove();
    await docker.createContainer({
      name: left?.Names[0]?.slice(1) ?? '',
      Image: release.image,
      Cmd: ['true'],
    });
    expect(await workloads.findOneOff(release.app.id, command.key)).toEqual({ state: 'unbegun' });
    const second = await workloads.run(release, command);
    second.stream.resume();
    second.stderr?.resume();
    expect((await second.exit).code).toBe(3);
    expect(await workloads.findOneOff(release.app.id, command.key)).toEqual({ state: 'exited', code: 3 });
  });

  it('say that a one-off ran out of memory', async () => {
    const command = ['/bin/sh', '-c', 'tail /dev/zero'];
    const one = await fixture.workloads.run(releaseOf(fixture, SERVE), { key: 'oom', command, tty: false });
    one.stream.resume();
    one.stderr?.resume();
    expect(await one.exit).toMatchObject({ oomKilled: true });
  });

  it('are swept of one-offs an hour after their end, and their logs after 7 days', async () => {
    const release = releaseOf(fixture, SERVE);
    const { id } = release.app;
    const one = await fixture.workloads.run(release, { key: 'phase', command: 'exit 9', tty: false });
    one.stream.resume();
    one.stderr?.resume();
    await one.exit;
    await fixture.workloads.ensure({
      ...release,
      processes: [{ type: 'web', replicas: 1, command: `echo kept; ${SERVE}` }],
    });
    await until(fixture.workloads, id, allReady(1));
    await fixture.workloads.removeRelease(release.app, release.releaseId, 1);
    const later = (milliseconds: number) => fixture.openWith({ now: () => Date.now() + milliseconds });
    const log = async () =>
      (await take(fixture.workloads.logs(release.app, { tail: 9, follow: false }))).length;

    // Only this app's share of the installation is looked at: the other tests' apps are swept by the way.
    for (const [after, ended] of [
      [50 * 60_000, { state: 'exited', code: 9 }],
      [70 * 60_000, undefined],
    ] as const) {
      const workloads = later(after);
      await workloads.sweep(new Set([id]));
      expect(await workloads.findOneOff(id, 'phase')).toEqual(ended);
      expect(await log()).toBe(1);
      await workloads.close();
    }
    const week = later(8 * 24 * 3_600_000);
    await week.sweep(new Set([id]));
    expect(await log()).toBe(0);
    await week.close();
  });

  it('give a slow reader all lines without reading ahead of it', async () => {
    const count = 20_000;
    const release = releaseOf(fixture, `seq ${count}; ${SERVE}`);
    await fixture.workloads.ensure(release);
    await until(fixture.workloads, release.app.id, allReady(1));
    // The engine takes a moment to write down what a process has said.
    const newest = async () =>
      (await take(fixture.workloads.logs(release.app, { tail: 1, follow: false })))[0]?.text;
    await expect.poll(newest).toBe(String(count));
    const stop = new AbortController();
    const seen: string[] = [];
    const reading = fixture.workloads.logs(release.app, { tail: 10_000, follow: true, signal: stop.signal });
    for await (const line of reading) {
      seen.push(line.text);
      if (seen.length % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
      if (seen.length === 10_000) stop.abort();
    }
    expect(seen).toHaveLength(10_000);
    expect(Number(seen.at(-1))).toBe(count);
    expect(Number(seen[0])).toBe(count - 9_999);
  });

  it('are followed through a crash', async () => {
    const release = releaseOf(fixture, `cat /proc/sys/kernel/random/uuid; ${SERVE}`);
    await fixture.workloads.ensure(release);
    await until(fixture.workloads, release.app.id, allReady(1));
    await untilKeptUp(fixture.docker, release.app.id);
    const stop = new AbortController();
    const seen: string[] = [];
    for await (const line of fixture.workloads.logs(release.app, {
      tail: 9,
      follow: true,
      signal: stop.signal,
    })) {
      seen.push(line.text);
      const [container] = await inspectAll(release.app.id);
      if (seen.length === 1) process.kill(container?.State.Pid ?? 0, 'SIGKILL');
      if (seen.length === 2) stop.abort();
    }
    expect(seen).toHaveLength(2);
    expect(new Set(seen).size).toBe(2);
  });
});
