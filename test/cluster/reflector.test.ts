import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { V1ConfigMap } from '@kubernetes/client-node';
import { Cluster } from '../../engines/kubernetes/api/cluster.ts';
import { ClusterRefused, ClusterUnreachable } from '../../engines/kubernetes/api/errors.ts';
import { Reflector } from '../../engines/kubernetes/api/reflector.ts';
import { kubectl } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { testSettings } from '../support/settings.ts';
import { ApiLine } from './support/api-line.ts';

const NAMESPACE = `sluice-test-${randomBytes(4).toString('hex')}`;
const LABEL = 'sluice-test';

describe('what is known by watching', () => {
  const cluster = Cluster.connect({ kubeconfig: testSettings.clusterKubeconfig ?? '' });
  let line: ApiLine;
  /** What was told, in order: `+name`, `~name` when it was known, `-name`. */
  let told: string[];
  let failures: unknown[];
  let waiting: (() => void) | undefined;

  beforeAll(async () => {
    await kubectl(['create', 'namespace', NAMESPACE]);
    line = await ApiLine.open(testSettings.clusterKubeconfig ?? '');
  });
  afterAll(async () => {
    await line[Symbol.asyncDispose]();
    await kubectl(['delete', 'namespace', NAMESPACE, '--wait=false']);
  });
  beforeEach(async () => {
    told = [];
    failures = [];
    line.mend();
    await kubectl(['delete', 'configmaps', '--selector', LABEL, '--namespace', NAMESPACE]);
  });

  function open(): Reflector<V1ConfigMap> {
    const what = { path: `/api/v1/namespaces/${NAMESPACE}/configmaps`, labelSelector: LABEL };
    const tell = (change: string): void => {
      told.push(change);
      waiting?.();
    };
    const reflector = new Reflector<V1ConfigMap>(Cluster.connect({ kubeconfig: line.kubeconfig }), what, {
      set: ({ metadata }, previous) => tell(`${previous === undefined ? '+' : '~'}${metadata?.name ?? ''}`),
      gone: ({ metadata }) => tell(`-${metadata?.name ?? ''}`),
      failed: (error) => failures.push(error),
    });
    onTestFinished(() => reflector.close());
    return reflector;
  }

  async function untilTold(expected: readonly string[]): Promise<void> {
    while (told.length < expected.length) {
      const more = Promise.withResolvers<void>();
      waiting = more.resolve;
      await more.promise;
    }
    expect(told).toEqual(expected);
  }

  function configMap(name: string, data: string): V1ConfigMap {
    const metadata = { namespace: NAMESPACE, name, labels: { [LABEL]: 'yes' } };
    return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { data } };
  }

  const named = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', namespace: NAMESPACE, name });

  it('tells what was there, what comes, what changes and what goes', async () => {
    await cluster.create(configMap('before', '1'));
    const reflector = open();
    expect((await reflector.current()).map(({ metadata }) => metadata?.name)).toEqual(['before']);
    await cluster.create(configMap('after', '1'));
    await untilTold(['+before', '+after']);
    await cluster.apply(configMap('before', '2'));
    await untilTold(['+before', '+after', '~before']);
    expect(reflector.get(NAMESPACE, 'before')?.data).toEqual({ data: '2' });
    await cluster.remove(named('after'));
    await untilTold(['+before', '+after', '~before', '-after']);
    expect(failures).toEqual([]);
  });

  it('knows what a write was answered with, and is not told it twice', async () => {
    const reflector = open();
    await reflector.current();
    reflector.take(await cluster.create(configMap('own', '1')));
    expect(reflector.get(NAMESPACE, 'own')?.data).toEqual({ data: '1' });
    await cluster.create(configMap('last', '1'));
    await untilTold(['+own', '+last']);
  });

  it('goes on without a gap where the line was cut, keeps what it knew and says that it is away', async () => {
    await cluster.create(configMap('one', '1'));
    await cluster.create(configMap('two', '1'));
    const reflector = open();
    await reflector.current();
    line.cut();
    await eventually('it says that it is away', async () =>
      reflector.current().then(
        () => false,
        (error: unknown) => error instanceof ClusterUnreachable,
      ),
    );
    expect(reflector.lastKnown()).toHaveLength(2);
    await cluster.remove(named('two'));
    await cluster.apply(configMap('one', '2'));
    await cluster.create(configMap('three', '1'));
    line.mend();
    await untilTold(['+one', '+two', '-two', '~one', '+three']);
    expect(await reflector.current()).toHaveLength(2);
  });

  it('lists again where it does not know where it was, and tells what went meanwhile', async () => {
    await cluster.create(configMap('one', '1'));
    await cluster.create(configMap('two', '1'));
    const reflector = open();
    await reflector.current();
    line.cut();
    await cluster.remove(named('two'));
    await cluster.create(configMap('three', '1'));
    forget(reflector, undefined);
    line.mend();
    await untilTold(['+one', '+two', '-two', '+three']);
  });

  it('lists again when the API server has forgotten where it was', async () => {
    // Of nodes there are changes all the time, so that the oldest are soon forgotten.
    const what = { path: '/api/v1/nodes', labelSelector: '' };
    const reflector = new Reflector(Cluster.connect({ kubeconfig: line.kubeconfig }), what, {
      set: () => undefined,
      gone: () => undefined,
      failed: (error) => failures.push(error),
    });
    onTestFinished(() => reflector.close());
    const nodes = await reflector.current();
    await eventually(
      'the API server has forgotten the first changes',
      async () => {
        const query = { watch: 'true', resourceVersion: '1', timeoutSeconds: '1' };
        const answer = await cluster.stream(what.path, query, AbortSignal.timeout(10_000));
        return (await text(answer)).includes('too old resource version');
      },
      110_000,
    );
    forget(reflector, '1');
    line.cut();
    line.mend();
    await eventually('it has listed again', async () => Number(whereItIs(reflector)) > 1);
    expect(await reflector.current()).toHaveLength(nodes.length);
    // Being sent back to the start is no failure.
    expect(failures.filter((error) => error instanceof ClusterRefused)).toEqual([]);
  });

  it('says what the API server refuses', async () => {
    await cluster.create(configMap('one', '1'));
    await expect(cluster.create(configMap('one', '1'))).rejects.toMatchObject({ why: 'AlreadyExists' });
    await expect(cluster.create(configMap('Not A Name', '1'))).rejects.toThrow(ClusterRefused);
    expect(await cluster.read(named('missing'))).toBeUndefined();
    await cluster.remove(named('missing'));
    const uid = '00000000-0000-0000-0000-000000000000';
    await cluster.remove(named('one'), { uid });
    expect(await cluster.read(named('one'))).toBeDefined();
  });
});

function forget(reflector: object, resourceVersion: string | undefined): void {
  (reflector as { resourceVersion: string | undefined }).resourceVersion = resourceVersion;
}

function whereItIs(reflector: object): string | undefined {
  return (reflector as { resourceVersion: string | undefined }).resourceVersion;
}
