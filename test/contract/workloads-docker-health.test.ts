import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Reason } from '../../core/reason.ts';
import type { Replica } from '../../engines/port.ts';
import { LABEL } from '../../engines/docker/workloads/labels.ts';
import { listenersOf } from '../../engines/docker/workloads/process-listeners.ts';
import type { Supervisor } from '../../engines/docker/workloads/supervisor.ts';
import { allReady, until } from './workloads.ts';
import {
  answering,
  openDocker,
  releaseOf,
  SERVE,
  untilKeptUp,
  type DockerFixture,
} from './workloads-docker-fixture.ts';

describe('health of replicas on Docker', () => {
  let fixture: DockerFixture;
  beforeAll(async () => {
    fixture = await openDocker('10.214.128.0/20');
  });
  afterAll(() => fixture.close());

  async function failureOf(command: string): Promise<Reason | undefined> {
    // Long enough for a busy machine to start what then does not answer.
    const release = releaseOf(fixture, command, { health: { path: '/', timeoutSeconds: 10 } });
    await fixture.workloads.ensure(release);
    const failed = ([one]: Replica[]): boolean => one?.state === 'failed' || one?.state === 'ready';
    const [replica] = await until(fixture.workloads, release.app.id, failed);
    expect(replica?.state).toBe('failed');
    return replica?.reason;
  }

  async function containerOf(appId: string) {
    const [found] = await fixture.docker.listContainers({
      all: true,
      filters: { label: [`${LABEL.app}=${appId}`] },
    });
    return fixture.docker.getContainer(found?.Id ?? '');
  }

  async function inside(appId: string, ...command: string[]): Promise<void> {
    const exec = await (
      await containerOf(appId)
    ).exec({ Cmd: command, AttachStdout: true, AttachStderr: true });
    const stream = await exec.start({});
    for await (const _ of stream) continue;
    expect((await exec.inspect()).ExitCode).toBe(0);
  }

  it('reaches web from this host, with its env as it was given', async () => {
    const value = 'a "b" $c\n d=\'e\'\ttail ';
    const release = releaseOf(
      fixture,
      `printf %s "$ODD" > /tmp/odd; ${SERVE.replace('exec', 'cp /tmp/odd /tmp/www/odd; exec')}`,
      {
        env: { PORT: '8080', ODD: value, SLUICE_RELEASE: 'v1' },
      },
    );
    await fixture.workloads.ensure(release);
    const [replica] = await until(fixture.workloads, release.app.id, allReady(1));
    const answer = await fetch(`http://${replica?.address?.host}:${replica?.address?.port}/odd`);
    expect(await answer.text()).toBe(value);
  });

  it("takes any status below 500, asked with the app's own host name", async () => {
    const status = '$(case "$head" in *"ost: shop.localhost"*) echo 302 Found;; *) echo 500 Wrong;; esac)';
    const release = releaseOf(fixture, answering(status));
    await fixture.workloads.ensure(release);
    await until(fixture.workloads, release.app.id, allReady(1));
  });

  it('looks for listeners at a process of that container only', async () => {
    const release = releaseOf(fixture, SERVE);
    await fixture.workloads.ensure(release);
    await until(fixture.workloads, release.app.id, allReady(1));
    const { Id: id, State: state } = await (await containerOf(release.app.id)).inspect();
    expect(await listenersOf(id, state.Pid)).toEqual([{ port: 8080, loopbackOnly: false }]);
    // As the number looks from within another container.
    await expect(listenersOf(id, process.pid)).rejects.toThrow('is not of container');
  });

  it('names the port that web listens on instead', async () => {
    const reason = await failureOf('exec httpd -f -p 3000 -h /');
    expect(reason?.code).toBe('wrong_port');
    expect(reason?.message).toBe('web.1 listens on 3000, not on PORT=8080');
    expect(reason?.hint).toContain('web: {port: 3000}');
  });

  it('says that web listens on loopback only', async () => {
    const reason = await failureOf('exec httpd -f -p 127.0.0.1:8080 -h /');
    expect(reason?.code).toBe('listens_on_loopback');
    expect(reason?.hint).toContain('0.0.0.0');
  });

  it('says that nothing listens', async () => {
    const reason = await failureOf('exec sleep 600');
    expect(reason?.code).toBe('health_check_failed');
    expect(reason?.message).toContain('refuses connections');
    expect(reason?.detail).toEqual(['listens on: no port']);
  });

  it('says that memory ran out, and the limit', async () => {
    // tail keeps its last line in memory, and /dev/zero never ends one.
    const reason = await failureOf('tail /dev/zero; sleep 1; exit 1');
    expect(reason?.code).toBe('oom_killed');
    expect(reason?.message).toContain('64 MiB');
  });

  it.each([
    ['exec no-such-program', 'exited with code 127 (command not found)'],
    ['exit 0', 'a process must stay in the foreground'],
  ])('explains the end of `%s`', async (command, message) => {
    const reason = await failureOf(command);
    expect(reason?.code).toBe('crashed_on_start');
    expect(reason?.message).toContain(message);
  });

  it('has the engine start a replica again that crashes later, at its old address', async () => {
    const release = releaseOf(fixture, `echo about to serve; ${SERVE}`);
    await fixture.workloads.ensure(release);
    const [before] = await until(fixture.workloads, release.app.id, allReady(1));
    expect(before?.crash).toBeUndefined();
    await untilKeptUp(fixture.docker, release.app.id);
    process.kill((await (await containerOf(release.app.id)).inspect()).State.Pid, 'SIGKILL');
    const again = ([one]: Replica[]): boolean => one?.state === 'ready' && one.restarts === 1;
    const [after] = await until(fixture.workloads, release.app.id, again);
    expect(after?.address).toEqual(before?.address);
    expect(after?.startedAt).toBeGreaterThan(before?.startedAt ?? 0);
    // It runs again, and how it ended is known all the same.
    expect(after?.crash?.message).toBe('web.1 exited with code 137 (killed)');
    expect(after?.crash?.detail).toEqual(['about to serve']);
    const answer = await fetch(`http://${after?.address?.host}:8080/`);
    expect(await answer.text()).toBe('v1\n');
  });

  it('tells what was written before the crash, however much was since, also to a process that comes later', async () => {
    const lines =
      'echo >> /tmp/lives; life=$(wc -l < /tmp/lives); for n in $(seq 30); do echo $life.$n; done';
    const release = releaseOf(fixture, `${lines}; ${SERVE}`);
    await fixture.workloads.ensure(release);
    await until(fixture.workloads, release.app.id, allReady(1));
    await untilKeptUp(fixture.docker, release.app.id);
    process.kill((await (await containerOf(release.app.id)).inspect()).State.Pid, 'SIGKILL');
    const again = ([one]: Replica[]): boolean => one?.state === 'ready' && one.restarts === 1;
    const written = Array.from({ length: 20 }, (_, index) => `1.${11 + index}`);
    const [seen] = await until(fixture.workloads, release.app.id, again);
    expect(seen?.crash?.detail).toEqual(written);
    // An engine whose container dies while its policy is being changed takes the change back, and starts it again.
    await (await containerOf(release.app.id)).update({ RestartPolicy: { Name: 'no' } });
    const later = fixture.openWith({});
    onTestFinished(() => later.close());
    const [found] = await until(later, release.app.id, again);
    expect(found?.crash?.detail).toEqual(written);
  });

  it.each([1, -1])('waits as long as it should when the clock is %i h off', async (hours) => {
    const real = Date.now.bind(Date);
    vi.spyOn(Date, 'now').mockImplementation(() => real() + hours * 3_600_000);
    onTestFinished(() => void vi.restoreAllMocks());
    const release = releaseOf(fixture, `sleep 1; ${SERVE}`);
    const worker = { type: 'worker', replicas: 1, command: fixture.worker };
    await fixture.workloads.ensure({ ...release, processes: [...release.processes, worker] });
    const ended = (all: Replica[]): boolean =>
      all.length === 2 && all.every(({ state }) => state === 'ready' || state === 'failed');
    const replicas = await until(fixture.workloads, release.app.id, ended);
    expect(replicas.map(({ state }) => state)).toEqual(['ready', 'ready']);
  });

  it('sees a replica lose its health and find it again', async () => {
    const release = releaseOf(fixture, `${SERVE.replace('exec httpd -f', 'httpd')}; exec sleep 600`);
    await fixture.workloads.ensure(release);
    await until(fixture.workloads, release.app.id, allReady(1));
    await inside(release.app.id, 'killall', 'httpd');
    const [sick] = await until(fixture.workloads, release.app.id, ([one]) => one?.state === 'unhealthy');
    expect(sick?.reason?.code).toBe('health_check_failed');
    expect(sick?.reason?.message).toContain('refuses connections');
    await inside(release.app.id, 'httpd', '-p', '8080', '-h', '/tmp/www');
    const [well] = await until(fixture.workloads, release.app.id, allReady(1));
    expect(well?.reason).toBeUndefined();
    expect(well?.restarts).toBe(0);
  });

  it('stays ready when an event of its start comes late', async () => {
    const release = releaseOf(fixture, SERVE);
    await fixture.workloads.ensure(release);
    await until(fixture.workloads, release.app.id, allReady(1));
    const { id } = await containerOf(release.app.id);
    const { supervisor } = fixture.workloads as unknown as { supervisor: Supervisor };
    const watch = supervisor.find(id);
    const seen = new Set<string>();
    const stop = fixture.workloads.watch(() => seen.add(watch?.status.state ?? 'none'));
    for (let late = 0; late < 20; late++) {
      watch?.lookAgain();
      await new Promise((resolve) => setTimeout(resolve, 20));
      seen.add(watch?.status.state ?? 'none');
    }
    stop();
    expect([...seen]).toEqual(['ready']);
  });
});
