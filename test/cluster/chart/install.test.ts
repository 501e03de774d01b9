import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditLog } from '../../support/audit-log.ts';
import { ChartInstallation } from '../../support/chart.ts';
import { kubectl } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { testSettings } from '../../support/settings.ts';
import { buildPods, imagesOf, jobsOf } from '../support/build-traces.ts';
import { buildPolicyTests } from '../support/build-policy.ts';

const sluice = new ChartInstallation();
beforeAll(() => sluice.start());
afterAll(() => sluice[Symbol.asyncDispose]());

const examples = [
  ['hello-static', 'Hello, world!'],
  ['hello-node', 'Hello, world!'],
  ['hello-python', 'Hello, world!'],
] as const;

describe('helm install sluice charts/sluice', () => {
  it.each(examples)('takes a push of %s: tests, build, live through the routers', async (example, words) => {
    const path = await sluice.app(example, example);
    const push = await sluice.push(path);
    expect(push.code, push.output).toBe(0);
    expect(push.output).toContain('-----> Testing');
    expect(push.output).toContain('v1 is live');
    const answer = await sluice.get(example);
    expect(answer.status).toBe(200);
    expect(answer.body).toContain(words);
  });

  it('tests before it builds, as the status of each pod tells', async () => {
    const id = await sluice.installationId();
    const pods = await eventually('all of them have ended', async () => {
      const found = await buildPods(id);
      return found.every(({ build }) => build !== undefined) && found;
    });
    expect(pods).toHaveLength(examples.length);
    for (const { test, build } of pods) {
      expect([test?.exitCode, build?.exitCode]).toEqual([0, 0]);
      expect(Date.parse(test?.finishedAt ?? '')).toBeLessThanOrEqual(Date.parse(build?.startedAt ?? ''));
    }
  });

  // A cluster of others keeps its audit log to itself.
  if (testSettings.clusterAuditLog !== '') {
    it('has each Job made by the account of the builders', async () => {
      const jobs = await jobsOf(await sluice.installationId());
      expect(jobs).toHaveLength(examples.length);
      const events = await auditLog();
      for (const name of jobs) {
        const makers = events
          .filter(({ verb, objectRef }) => verb === 'create' && objectRef?.resource === 'jobs')
          .filter(({ objectRef, responseStatus }) => objectRef?.name === name && responseStatus?.code === 201)
          .map(({ user }) => user.username);
        expect(makers).toEqual([`system:serviceaccount:${sluice.namespace}:sluice-builder`]);
      }
    });
  }

  it('leaves no image of a commit whose tests fail', async () => {
    const id = await sluice.installationId();
    const images = async (app: string): Promise<string[]> => {
      return imagesOf(id, await sluice.appId(app));
    };
    const path = await sluice.app('failing', 'hello-static');
    const Dockerfile = await readFile(join(path, 'Dockerfile'), 'utf8');
    await sluice.commit(path, { Dockerfile: Dockerfile.replace(/^FROM .* AS test$/m, '$&\nRUN false') });
    const push = await sluice.push(path);
    expect(push.code, push.output).not.toBe(0);
    expect(push.output).toContain('test_failed');
    expect(await images('failing')).toEqual([]);
    expect(await images('hello-static')).toEqual(['b1']);
    const failed = await eventually('its pod says how its tests ended', async () =>
      (await buildPods(id)).find(({ test }) => test?.exitCode === 1),
    );
    expect(failed.build).toBeUndefined();
    await sluice.sluice(['apps:destroy', 'failing', '--confirm', 'failing']);
  });

  it('rolls back, and takes an app away with all that it had', async () => {
    const path = await sluice.app('second', 'hello-static');
    const first = await sluice.push(path);
    expect(first.code, first.output).toBe(0);
    await sluice.commit(path, { 'sluice.yaml': 'canary: off\n' });
    expect((await sluice.push(path)).output).toContain('v2 is live');
    const back = await sluice.sluice(['rollback', 'v1', '-a', 'second']);
    expect(back.output).toContain('v3 is live');
    const gone = await sluice.sluice(['apps:destroy', 'second', '--confirm', 'second']);
    expect(gone.code, gone.output).toBe(0);
    await eventually('nobody answers for it', async () => (await sluice.get('second')).status === 404);
    const id = await sluice.installationId();
    const selector = `sluice.dev/installation=${id}`;
    const left = async (kind: string, where: string): Promise<number> => {
      const names = await kubectl(['get', kind, where, '--selector', selector, '--output', 'name']);
      return names.split('\n').filter(Boolean).length;
    };
    // Of the three others.
    await eventually(
      'its namespace is gone',
      async () => (await left('namespaces', '--all-namespaces')) === examples.length,
      180_000,
    );
    await eventually(
      'its builds and cache are gone',
      async () =>
        (await left('jobs,persistentvolumeclaims', '--namespace=sluice-builds')) === 2 * examples.length,
      180_000,
    );
  });
});

describe('the rights of the parts', () => {
  it.each([
    ['server', ['get', 'secrets', '--namespace', 'kube-system']],
    ['server', ['list', 'secrets', '--all-namespaces']],
    ['server', ['list', 'secrets', '--namespace', 'sluice-builds']],
    ['server', ['create', 'pods', '--namespace', 'kube-system']],
    ['server', ['create', 'jobs.batch', '--namespace', 'sluice-builds']],
    ['server', ['escalate', 'clusterroles.rbac.authorization.k8s.io']],
    ['builder', ['get', 'secrets', '--namespace', 'sluice-builds']],
    ['builder', ['create', 'pods', '--namespace', 'sluice-builds']],
    ['builder', ['list', 'pods', '--all-namespaces']],
    ['router', ['list', 'pods', '--all-namespaces']],
    ['router', ['get', 'secrets', '--namespace', 'kube-system']],
  ] as const)('%s may not %s', async (part, what) => {
    expect(await sluice.may(part, ...what)).toBe(false);
  });

  it('lets the server act in namespaces of its installation only', async () => {
    const own = `sluice-${await sluice.installationId()}-`;
    const restricted = (name: string): string =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
      });
    const make = async (name: string) =>
      sluice.as('server', ['create', '--dry-run=server', '--filename', '-'], restricted(name));
    const allowed = await make(`${own}anapp`);
    expect(allowed.code, allowed.output).toBe(0);
    expect((await make('default2')).output).toContain(`acts in namespaces ${own}* only, not in default2`);
    const bind = ['create', 'rolebinding', 'x', '--clusterrole', `${sluice.namespace}-sluice-app-manager`];
    const self = ['--serviceaccount', `${sluice.namespace}:sluice-server`, '--dry-run=server'];
    const elsewhere = await sluice.as('server', [...bind, ...self, '--namespace', 'kube-system']);
    expect(elsewhere.output).toContain('not in kube-system');
    const loose = await sluice.as('server', ['create', 'namespace', `${own}loose`, '--dry-run=server']);
    expect(loose.output).toContain('pod-security restricted');
    const theirs = await sluice.as('server', ['delete', 'namespace', sluice.namespace, '--dry-run=server']);
    expect(theirs.output).toContain(`not in ${sluice.namespace}`);
  });
});

buildPolicyTests(sluice);
