import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterNodes, WebInCluster, type ClusterPod } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';

describe('the cluster of the tests', () => {
  const web = new WebInCluster();
  let pods: ClusterPod[] = [];
  beforeAll(async () => {
    await web.start();
    pods = await web.pods();
  });
  afterAll(() => web[Symbol.asyncDispose]());

  it('has nodes, and all are ready', async () => {
    const nodes = await clusterNodes();
    expect(nodes.length).toBeGreaterThan(1);
    expect(nodes.filter(({ ready }) => !ready)).toEqual([]);
  });

  it('spreads two replicas over two nodes', () => {
    expect(pods).toHaveLength(2);
    expect(new Set(pods.map(({ node }) => node)).size).toBe(2);
  });

  it('lets each pod find the Service by name and reach both replicas', async () => {
    const names = new Set(pods.map(({ name }) => name));
    for (const { name, node } of pods) {
      const answered = new Set<string>();
      await eventually(`both answer a pod on ${node}`, async () => {
        const by = await web.askedFrom(name);
        if (by === undefined) throw new Error(web.refused);
        answered.add(by);
        return answered.size === names.size;
      });
      expect(answered).toEqual(names);
    }
  });

  it('shows the log of a pod on each node', async () => {
    for (const { name } of pods) expect(await web.logs(name)).toBe(`I am ${name}\n`);
  });

  it('runs a command in a pod on each node, and gives its exit code', async () => {
    for (const { name } of pods) {
      const ran = await web.exec(name, ['sh', '-c', 'hostname; exit 7']);
      expect([ran.stdout, ran.code], ran.stderr).toEqual([`${name}\n`, 7]);
    }
  });
});
