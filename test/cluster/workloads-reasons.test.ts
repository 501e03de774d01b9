import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Reason } from '../../core/reason.ts';
import { appNamespace } from '../../engines/kubernetes/labels.ts';
import type { KubernetesWorkloads } from '../../engines/kubernetes/workloads/kubernetes-workloads.ts';
import type { ReleaseSpec, Replica } from '../../engines/port.ts';
import { answering, SERVE } from '../contract/behaviours.ts';
import { allReady, until } from '../contract/workloads.ts';
import { kubectl, tryKubectl } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { pushWithoutShell, removeImage } from './support/user-image.ts';
import { openCluster, releaseOf, type ClusterFixture } from './support/workloads.ts';

describe('why a replica is not ready in a cluster', () => {
  let fixture: ClusterFixture;
  const apps: string[] = [];
  beforeAll(async () => {
    fixture = await openCluster();
  });
  afterEach(() => {
    for (const appId of apps.splice(0)) fixture.removals.begin(appId);
  });
  afterAll(() => fixture.close());

  function release(command: string | undefined, changes: Partial<ReleaseSpec> = {}): ReleaseSpec {
    // Long enough for a busy cluster to start what then does not answer.
    const made = releaseOf(fixture, command, { health: { path: '/', timeoutSeconds: 15 }, ...changes });
    apps.push(made.app.id);
    return made;
  }

  async function failureOf(spec: ReleaseSpec): Promise<Reason | undefined> {
    await fixture.workloads.ensure(spec);
    const over = ([one]: Replica[]): boolean => one?.state === 'failed' || one?.state === 'ready';
    const [replica] = await until(fixture.workloads, spec.app.id, over);
    expect(replica?.state).toBe('failed');
    return replica?.reason;
  }

  /** What is said of one that waits, which is no failure of its own. */
  async function waitOf(spec: ReleaseSpec, workloads: KubernetesWorkloads): Promise<Replica | undefined> {
    await workloads.ensure(spec);
    const said = (replicas: Replica[]): boolean => replicas.some(({ reason }) => reason !== undefined);
    const replicas = await until(workloads, spec.app.id, said);
    return replicas.find(({ reason }) => reason !== undefined);
  }

  it('names the port that web listens on instead', async () => {
    const reason = await failureOf(release('exec httpd -f -p 3000 -h /'));
    expect(reason).toMatchObject({
      code: 'wrong_port',
      message: 'web.1 listens on 3000, not on PORT=8080',
    });
  });

  it('says that web listens on loopback only', async () => {
    const reason = await failureOf(release('exec httpd -f -p 127.0.0.1:8080 -h /'));
    expect(reason?.code).toBe('listens_on_loopback');
  });

  it('says that web used more than its memory', async () => {
    const reason = await failureOf(release('echo filling; exec tail -c 200m /dev/zero'));
    expect(reason).toMatchObject({ code: 'oom_killed' });
    expect(reason?.message).toContain('64 MiB');
    expect(reason?.detail).toContain('filling');
  });

  it('says that the image is not in the registry', async () => {
    const [name] = fixture.image.split('@');
    const image = `${String(name)}@sha256:${'0'.repeat(64)}`;
    expect(await failureOf(release('true', { image }))).toMatchObject({ code: 'image_missing' });
  });

  it('says what an image without a shell lacks, of one-offs and of what the Procfile says', async () => {
    const repository = `sluice-tests/${fixture.installationId}`;
    const image = await pushWithoutShell(repository, 'without-shell');
    onTestFinished(() => removeImage(image));
    const spec = release('serve', { image });
    expect(await failureOf(spec)).toMatchObject({ code: 'no_shell' });
    const run = fixture.workloads.run(spec, { key: 'hello', command: ['/hello'], tty: false });
    await expect(run).rejects.toMatchObject({ status: 422, reason: { code: 'no_shell' } });
  });

  it('waits where the registry cannot be asked', async () => {
    const spec = release('true', { image: '10.243.0.1:5999/none/none:1' });
    const replica = await waitOf(spec, fixture.workloads);
    expect(replica).toMatchObject({ state: 'starting', reason: { code: 'image_pull_failed' } });
  });

  it('waits where no node has room', async () => {
    await fixture.removals.over();
    const large = fixture.openWith({ limits: { memoryBytes: 4 * 1024 ** 4, cpus: 1 } });
    try {
      const replica = await waitOf(release(SERVE), large);
      expect(replica).toMatchObject({ state: 'starting', reason: { code: 'unschedulable' } });
    } finally {
      await large.close();
    }
  });

  it('waits where a quota has no room, and goes on when it has', async () => {
    const spec = release(SERVE, { processes: [{ type: 'web', command: SERVE, replicas: 2 }] });
    const namespace = appNamespace(fixture.installationId, spec.app.id);
    await fixture.workloads.prepareApp(spec.app);
    const quota = ['quota', 'tight', '--namespace', namespace];
    await kubectl(['create', ...quota, '--hard=pods=1']);
    // Until its controller has counted, it holds nothing.
    await eventually('the quota counts', async () =>
      /pods/.test(await kubectl(['get', ...quota, '--output=jsonpath={.status.hard}'])),
    );
    const replica = await waitOf(spec, fixture.workloads);
    expect(replica).toMatchObject({ state: 'starting', reason: { code: 'quota_exceeded' } });
    expect(await fixture.workloads.observe(spec.app.id)).toHaveLength(2);
    await kubectl(['delete', ...quota]);
    await until(fixture.workloads, spec.app.id, allReady(2));
  });

  it('refuses an image that runs as root', async () => {
    const root = fixture.workloads.ensure(release(SERVE, { user: '' }));
    await expect(root).rejects.toMatchObject({ status: 422, reason: { code: 'image_runs_as_root' } });
  });

  it('lets web listen on port 80, with its env as it was given', async () => {
    const value = 'a "b" $c $(PORT)\n d=\'e\'\ttail ';
    const serve = SERVE.replace('exec', 'printf %s "$ODD" >/tmp/www/odd; exec');
    const env = { PORT: '80', ODD: value, SLUICE_RELEASE: 'v1' };
    const spec = release(serve, { port: 80, env });
    await fixture.workloads.ensure(spec);
    const [replica] = await until(fixture.workloads, spec.app.id, allReady(1));
    const { host, port } = replica!.address!;
    expect(port).toBe(80);
    expect(await (await fetch(`http://${host}/odd`)).text()).toBe(value);
  });

  it("takes any status below 500, asked with the app's own host name", async () => {
    const status = '$(case "$head" in *"ost: shop.localhost"*) echo 302 Found;; *) echo 500 Wrong;; esac)';
    const spec = release(answering(status));
    await fixture.workloads.ensure(spec);
    await until(fixture.workloads, spec.app.id, allReady(1));
  });

  it('tells how one that was ready ended, and that it runs again', async () => {
    // However long it takes to become ready: it ends once it is told to.
    const told = 'until [ -e /tmp/end ]; do sleep 0.1; done';
    const spec = release(`${SERVE.replace('exec', '')} & echo up; ${told}; echo bye >&2; exit 9`);
    await fixture.workloads.ensure(spec);
    await until(fixture.workloads, spec.app.id, allReady(1));
    expect(await tell(spec, 'end')).toBe(true);
    const [crashed] = await until(fixture.workloads, spec.app.id, ([one]) => (one?.restarts ?? 0) > 0);
    expect(crashed?.crash).toMatchObject({ code: 'crashed', message: 'web.1 exited with code 9' });
    expect(crashed?.crash?.detail).toEqual(['up', 'bye']);
    expect(crashed?.state).not.toBe('failed');
  });

  it('keeps the old replica when a restart brings none that is ready', async () => {
    // Each is told from here what it is: it has no network to find that out by for some time after its start.
    const told = 'until [ -e /tmp/serve ]; do [ -e /tmp/end ] && echo told to end && exit 3; sleep 0.1; done';
    const spec = release(`${told}; ${SERVE}`, { health: { path: '/', timeoutSeconds: 60 } });
    await fixture.workloads.ensure(spec);
    // The one that heard it first may have been replaced since.
    const before = await eventually(
      'the first serves',
      async () => {
        await tell(spec, 'serve');
        const replicas = await fixture.workloads.observe(spec.app.id);
        return allReady(1)(replicas) && replicas;
      },
      120_000,
    );
    const restarting = fixture.workloads.restart(spec, 'web');
    let over = false;
    restarting.catch(() => undefined).finally(() => (over = true));
    // Its container starts anew each time that it has ended.
    await eventually('the second has ended, and the restart with it', async () => {
      await tell(spec, 'end', before[0]?.name);
      return over;
    });
    await expect(restarting).rejects.toMatchObject({
      reason: { code: 'restart_failed', detail: ['exit code 3', 'told to end'] },
    });
    expect(await until(fixture.workloads, spec.app.id, allReady(1))).toEqual(before);
  });

  /** @returns whether a pod of the app but `not` was there to hear it */
  async function tell({ app }: ReleaseSpec, what: 'serve' | 'end', not?: string): Promise<boolean> {
    const namespace = ['--namespace', appNamespace(fixture.installationId, app.id)];
    const names = await kubectl(['get', 'pods', ...namespace, '--output', 'name']);
    const others = names.split('\n').filter((name) => name !== '' && name !== `pod/${String(not)}`);
    const heard = others.map(async (name) =>
      tryKubectl(['exec', ...namespace, name, '--', 'touch', `/tmp/${what}`]),
    );
    return (await Promise.all(heard)).some(({ code }) => code === 0);
  }
});
