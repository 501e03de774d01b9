import { describe, expect, it } from 'vitest';
import type { V1Deployment } from '@kubernetes/client-node';
import type { ReleaseSpec } from '../../engines/port.ts';
import { COMMANDS } from '../contract/behaviours.ts';
import { allReady, until } from '../contract/workloads.ts';
import { eventually } from '../support/eventually.ts';
import { TestApps } from './support/apps.ts';

describe('what somebody changes by hand in the cluster', () => {
  const apps = new TestApps();

  async function running(replicas = 1): Promise<ReleaseSpec> {
    const spec = apps.web(COMMANDS.healthy, replicas);
    await apps.fixture.workloads.ensure(spec);
    await until(apps.fixture.workloads, spec.app.id, allReady(replicas));
    return spec;
  }

  async function told(spec: ReleaseSpec, what: string): Promise<{ field: string; by: string | undefined }> {
    const found = await eventually(`${what} is told of`, () =>
      apps.fixture.drifts.find((drift) => drift.appId === spec.app.id && drift.what === what),
    );
    return { field: found.field, by: found.by };
  }

  async function deployment(spec: ReleaseSpec): Promise<V1Deployment> {
    return JSON.parse(await apps.kubectl(spec, 'get', 'deployment', 'web-v1', '-o', 'json')) as V1Deployment;
  }

  it('tells nothing while nobody does', async () => {
    const spec = await running(2);
    await apps.fixture.workloads.ensure({
      ...spec,
      processes: [{ type: 'web', command: COMMANDS.healthy, replicas: 1 }],
    });
    await until(apps.fixture.workloads, spec.app.id, allReady(1));
    await apps.fixture.workloads.restart(spec, 'web');
    expect(apps.fixture.drifts).toEqual([]);
  });

  it('may be written again when somebody took the rights in its namespace away', async () => {
    const spec = await running();
    const { workloads } = apps.fixture;
    await apps.kubectl(spec, 'delete', 'rolebindings', '--all');
    const two = { ...spec, processes: [{ type: 'web', command: COMMANDS.healthy, replicas: 2 }] };
    await eventually('it is asked for again', () => workloads.ensure(two).then(() => true));
    await until(workloads, spec.app.id, allReady(2));
  });

  it('is scaled back, and who did it is told', async () => {
    const spec = await running();
    await apps.kubectl(spec, 'scale', 'deployment', 'web-v1', '--replicas=3');
    expect((await told(spec, 'Deployment web-v1')).field).toBe('spec.replicas');
    await until(apps.fixture.workloads, spec.app.id, allReady(1));
    expect((await deployment(spec)).spec?.replicas).toBe(1);
  });

  it('is put back where something was changed or added', async () => {
    const spec = await running();
    const change = {
      spec: {
        template: { spec: { containers: [{ name: 'beside', image: 'busybox:1', command: ['sleep', '1'] }] } },
      },
    };
    await apps.kubectl(spec, 'patch', 'deployment', 'web-v1', '--patch', JSON.stringify(change));
    expect(await told(spec, 'Deployment web-v1')).toEqual({
      field: 'spec.template.spec.containers',
      by: 'kubectl-patch',
    });
    await eventually('only ours is left', async () => {
      const names = (await deployment(spec)).spec?.template.spec?.containers.map(({ name }) => name);
      return names?.join() === 'app';
    });
    await until(apps.fixture.workloads, spec.app.id, allReady(1));
  });

  it.each([
    ['service', 'web-v1', 'Service'],
    ['networkpolicy', 'default-deny', 'NetworkPolicy'],
    ['resourcequota', 'app', 'ResourceQuota'],
    ['serviceaccount', 'app', 'ServiceAccount'],
    ['poddisruptionbudget', 'web-v1', 'PodDisruptionBudget'],
  ])('is there again when it was deleted: %s', async (resource, name, kind) => {
    const spec = await running(2);
    await apps.kubectl(spec, 'delete', resource, name);
    expect((await told(spec, `${kind} ${name}`)).field).toBe('missing');
    await eventually('it is there again', () => apps.kubectl(spec, 'get', resource, name));
  });

  it('is closed again when a policy was opened', async () => {
    const spec = await running();
    const open = { spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [{}] } };
    const policy = ['networkpolicy', 'default-deny'];
    await apps.kubectl(spec, 'patch', ...policy, '--type=merge', '--patch', JSON.stringify(open));
    await told(spec, 'NetworkPolicy default-deny');
    const seen = await apps.kubectl(spec, 'get', ...policy, '-o', 'jsonpath={.spec}');
    expect(JSON.parse(seen)).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  });

  it('is made anew by the next ensure when a Deployment was deleted', async () => {
    const spec = await running();
    const { workloads } = apps.fixture;
    await apps.kubectl(spec, 'delete', 'deployment', 'web-v1');
    expect((await told(spec, 'Deployment web-v1')).field).toBe('missing');
    await until(workloads, spec.app.id, (replicas) => replicas.length === 0);
    await workloads.ensure(spec);
    await until(workloads, spec.app.id, allReady(1));
  });

  it('waits for its environment when its Secret was deleted, which the next ensure puts back', async () => {
    const spec = await running();
    const { workloads } = apps.fixture;
    await apps.kubectl(spec, 'delete', 'secrets', '--all');
    // The node that has it already goes on with what it has; those on the other one find none.
    const more = { ...spec, processes: [{ type: 'web', command: COMMANDS.healthy, replicas: 4 }] };
    await workloads.ensure(more);
    await until(workloads, spec.app.id, (replicas) =>
      replicas.some(({ reason, state }) => reason?.code === 'config_not_there' && state === 'starting'),
    );
    await workloads.ensure(more);
    await until(workloads, spec.app.id, allReady(4));
  });

  it('is put back where an environment was added to', async () => {
    const spec = await running();
    await apps.kubectl(spec, 'set', 'env', 'deployment/web-v1', 'ADDED=1');
    expect(await told(spec, 'Deployment web-v1')).toEqual({
      field: 'spec.template.spec.containers',
      by: 'kubectl-set',
    });
    await eventually('it is gone', async () => {
      const [container] = (await deployment(spec)).spec?.template.spec?.containers ?? [];
      return container !== undefined && container.env === undefined;
    });
    await until(apps.fixture.workloads, spec.app.id, allReady(1));
  });

  it('is not written by an older server', async () => {
    await apps.fixture.removals.over();
    const newer = apps.fixture.openWith({ generation: 2 });
    const older = apps.fixture.openWith({ generation: 1 });
    try {
      const spec = apps.web(COMMANDS.healthy, 1);
      await newer.ensure(spec);
      // It hears of what another writes a moment later.
      await until(older, spec.app.id, (replicas) => replicas.length === 1);
      const more = { ...spec, processes: [{ type: 'web', command: COMMANDS.healthy, replicas: 2 }] };
      await expect(older.ensure(more)).rejects.toThrow('a newer server');
      await newer.ensure(more);
    } finally {
      await Promise.all([newer.close(), older.close()]);
    }
  });
});
