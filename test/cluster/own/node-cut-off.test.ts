import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { untilNodeIs, WebInCluster } from '../../support/cluster.ts';
import { must } from '../../support/command.ts';
import { eventually } from '../../support/eventually.ts';

const NODE = 'node2';

describe('a node of the cluster on this machine', () => {
  const web = new WebInCluster();
  beforeAll(() => web.start());
  afterAll(() => web[Symbol.asyncDispose]());

  async function podOn(node: string): Promise<string> {
    const found = (await web.pods()).find((pod) => pod.node === node);
    expect(found).toBeDefined();
    return found!.name;
  }

  it('is not ready while it is cut off, gets no requests, and comes back with its pods', async () => {
    const here = await podOn('node1');
    const cutOff = await podOn(NODE);
    onTestFinished(async () => {
      await must('./scripts/cluster', ['mend', NODE]);
      await untilNodeIs(NODE, true, 60_000);
    });

    await must('./scripts/cluster', ['cut', NODE]);
    await untilNodeIs(NODE, false, 60_000);
    await eventually('only the replica that is left answers', async () => {
      const answers = [];
      for (let n = 0; n < 8; n++) answers.push(await web.askedFrom(here));
      return answers.every((by) => by === here);
    });

    await must('./scripts/cluster', ['mend', NODE]);
    await untilNodeIs(NODE, true, 60_000);
    await eventually('the other replica answers again', async () => (await web.askedFrom(here)) === cutOff);
    expect(await web.logs(cutOff)).toBe(`I am ${cutOff}\n`);
  });

  it('that loses its power is started again by `up`, with its pods', async () => {
    const here = await podOn('node1');
    const lost = await podOn(NODE);
    onTestFinished(async () => {
      await must('./scripts/cluster', ['up']);
    });

    await must('./scripts/cluster', ['kill', NODE]);
    await untilNodeIs(NODE, false, 60_000);
    await must('./scripts/cluster', ['up']);
    await eventually('the replica answers again', async () => (await web.askedFrom(here)) === lost, 90_000);
  });
});
