import { describe, expect, it, onTestFinished } from 'vitest';
import { Cluster } from '../../engines/kubernetes/api/cluster.ts';
import { ClusterUnreachable } from '../../engines/kubernetes/api/errors.ts';
import type { Replica } from '../../engines/port.ts';
import { COMMANDS, SERVE } from '../contract/behaviours.ts';
import { allReady, take, until } from '../contract/workloads.ts';
import { kubectl } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { ApiLine } from './support/api-line.ts';
import { TestApps } from './support/apps.ts';

const WRITES = `echo "started $SLUICE_RELEASE"; trap 'echo goodbye; exit 0' TERM; ${SERVE.replace('exec', '')} & wait`;

describe('replicas that others disturb', () => {
  const apps = new TestApps();

  /** What must never be shown of a replica that did nothing wrong: a verdict would come of it. */
  function expectInnocent(seen: readonly Replica[]): void {
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.filter(({ state, crash, restarts }) => state === 'failed' || crash || restarts > 0)).toEqual(
      [],
    );
  }

  const replacedBy =
    (gone: string, count: number) =>
    (replicas: Replica[]): boolean =>
      allReady(count)(replicas) && !replicas.some(({ name }) => name === gone);

  it.each([
    ['with grace', ['--wait=false']],
    ['at once', ['--grace-period=0', '--force', '--wait=false']],
  ])('makes one anew that somebody deletes %s, with its index', async (_, how) => {
    const spec = apps.web(COMMANDS.healthy, 2);
    const { workloads } = apps.fixture;
    await workloads.ensure(spec);
    const [first] = await until(workloads, spec.app.id, allReady(2));
    const recorded = apps.record(spec);
    await apps.kubectl(spec, 'delete', 'pod', first!.name, ...how);
    const after = await until(workloads, spec.app.id, replacedBy(first!.name, 2));
    recorded.stop();
    expectInnocent(recorded.seen);
    expect(new Set(after.map(({ index }) => index))).toEqual(new Set([1, 2]));
  });

  it('keeps the last lines of one that somebody deletes', async () => {
    const spec = apps.web(WRITES, 1);
    const { workloads } = apps.fixture;
    await workloads.ensure(spec);
    const [first] = await until(workloads, spec.app.id, allReady(1));
    await apps.kubectl(spec, 'delete', 'pod', first!.name, '--wait=false');
    await until(workloads, spec.app.id, replacedBy(first!.name, 1));
    const lines = await take(workloads.logs(spec.app, { tail: 10, follow: false }));
    expect(lines.map(({ source, text }) => `${source} ${text}`).toSorted()).toEqual([
      'web.1 goodbye',
      'web.1 started v1',
      'web.1 started v1',
    ]);
  });

  it('keeps the lines of a life that ended by itself', async () => {
    const spec = apps.web(`echo life; ${SERVE.replace('exec', '')} & sleep 3; echo end; exit 1`, 1);
    const { workloads } = apps.fixture;
    await workloads.ensure(spec);
    await until(workloads, spec.app.id, ([one]) => (one?.restarts ?? 0) > 0);
    const lines = await eventually('both lives', async () => {
      const found = await take(workloads.logs(spec.app, { tail: 10, follow: false }));
      return found.length >= 3 && found;
    });
    expect(lines.slice(0, 3).map(({ text }) => text)).toEqual(['life', 'end', 'life']);
  });

  it('lets a node be emptied of its replicas one after the other', async () => {
    const spec = apps.web(COMMANDS.healthy, 2);
    const { workloads } = apps.fixture;
    await workloads.ensure(spec);
    const [first, second] = await until(workloads, spec.app.id, allReady(2));
    const recorded = apps.record(spec);
    const evict = (name: string): Promise<string> => {
      const metadata = { name, namespace: apps.namespaceOf(spec) };
      const path = `/api/v1/namespaces/${metadata.namespace}/pods/${name}/eviction`;
      const input = JSON.stringify({ apiVersion: 'policy/v1', kind: 'Eviction', metadata });
      return kubectl(['create', '--raw', path, '--filename', '-'], { input });
    };
    // By the cluster's count of them, which comes a moment after ours.
    await eventually('one may go', async () => {
      const allowed = ['get', 'poddisruptionbudget', 'web-v1', '--output'];
      return (await apps.kubectl(spec, ...allowed, 'jsonpath={.status.disruptionsAllowed}')) === '1';
    });
    // Both at once: the one that went may have been replaced by the time that another was asked for.
    const asked = [first!.name, second!.name];
    const ends = await Promise.allSettled(asked.map(evict));
    expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const refused = ends.find((end) => end.status === 'rejected');
    expect(String(refused?.reason)).toContain('disruption budget');
    const [goes = '', stays = ''] = ends[0]?.status === 'fulfilled' ? asked : asked.toReversed();
    await until(workloads, spec.app.id, replacedBy(goes, 2));
    await eventually('the other may go', () => evict(stays).then(() => true));
    await until(workloads, spec.app.id, replacedBy(stays, 2));
    recorded.stop();
    expectInnocent(recorded.seen);
  });

  it('says that the API server is away, and goes on when it is back', async () => {
    const { fixture } = apps;
    await fixture.removals.over();
    await using line = await ApiLine.open(fixture.kubeconfig);
    const workloads = fixture.openWith({
      cluster: Cluster.connect({ kubeconfig: line.kubeconfig }),
      onBackgroundError: () => undefined,
    });
    onTestFinished(() => workloads.close());
    const spec = apps.web(COMMANDS.healthy, 1);
    await workloads.ensure(spec);
    const [first] = await until(workloads, spec.app.id, allReady(1));
    line.cut();
    await eventually('it says so', async () =>
      workloads.observe(spec.app.id).then(
        () => false,
        (error: unknown) => error instanceof ClusterUnreachable,
      ),
    );
    await expect(workloads.ensure(spec)).rejects.toThrow(ClusterUnreachable);
    await apps.kubectl(spec, 'delete', 'pod', first!.name);
    line.mend();
    const after = await eventually('it sees the new one', async () => {
      const replicas = await workloads.observe(spec.app.id);
      return replacedBy(first!.name, 1)(replicas) && replicas;
    });
    expectInnocent(after);
  });
});
