import { describe, expect, it, onTestFinished } from 'vitest';
import type { ReleaseSpec, Replica } from '../../../engines/port.ts';
import { COMMANDS } from '../../contract/behaviours.ts';
import { allReady, until } from '../../contract/workloads.ts';
import { kubectl, untilNodeIs } from '../../support/cluster.ts';
import { must } from '../../support/command.ts';
import { eventually } from '../../support/eventually.ts';
import { TestApps } from '../support/apps.ts';

describe('replicas whose node goes', () => {
  const apps = new TestApps({ waits: true });

  const nodeOf = async (spec: ReleaseSpec, { name }: Replica): Promise<string> =>
    apps.kubectl(spec, 'get', 'pod', name, '--output', 'jsonpath={.spec.nodeName}');

  async function spread(replicas: number): Promise<{ spec: ReleaseSpec; there: Replica[]; node: string }> {
    const spec = apps.web(COMMANDS.healthy, replicas);
    await apps.fixture.workloads.ensure(spec);
    const there = await until(apps.fixture.workloads, spec.app.id, allReady(replicas));
    const nodes = await Promise.all(there.map((replica) => nodeOf(spec, replica)));
    expect(new Set(nodes).size).toBe(2);
    return { spec, there, node: nodes[0] ?? '' };
  }

  /** As `sluice ps` shows them, each state once, in order. */
  function shown(seen: readonly Replica[], { name }: Replica): string[] {
    const states = seen
      .filter((one) => one.name === name)
      .map(({ state, reason }) => (reason === undefined ? state : `${state}: ${reason.message}`));
    return states.filter((state, index) => state !== states[index - 1]);
  }

  /** A verdict would come of it. */
  function expectInnocent(seen: readonly Replica[]): void {
    expect(seen.filter(({ state, crash, restarts }) => state === 'failed' || crash || restarts > 0)).toEqual(
      [],
    );
  }

  const elsewhere =
    (gone: Replica, count: number) =>
    (replicas: Replica[]): boolean =>
      replicas.filter(({ name, state }) => name !== gone.name && state === 'ready').length === count;

  it('are made elsewhere, and shown as on a node that does not answer, while it is cut off', async () => {
    const { spec, there, node } = await spread(2);
    const [lost] = there as [Replica];
    const recorded = apps.record(spec);
    onTestFinished(async () => {
      await must('./scripts/cluster', ['mend', node]);
      await untilNodeIs(node, true, 120_000);
    });
    await must('./scripts/cluster', ['cut', node]);
    const met = elsewhere(lost, 2);
    await eventually(
      'two are ready elsewhere',
      async () => met(await apps.fixture.workloads.observe(spec.app.id)),
      200_000,
    );
    const states = shown(recorded.seen, lost);
    console.log(`cut off: ${states.join(' | ')}`);
    expect(states).toContain(`unhealthy: the node ${node} of web.${lost.index} does not answer the cluster`);
    expect(states.at(-1)).toMatch(/^stopping/);
    await must('./scripts/cluster', ['mend', node]);
    await eventually(
      'what ran there is gone',
      async () => allReady(2)(await apps.fixture.workloads.observe(spec.app.id)),
      180_000,
    );
    recorded.stop();
    expectInnocent(recorded.seen);
  });

  it('go on where they were after a power cut that is short', async () => {
    const { spec, there, node } = await spread(2);
    const [lost] = there as [Replica];
    const recorded = apps.record(spec);
    onTestFinished(() => must('./scripts/cluster', ['up']).then(() => undefined));
    await must('./scripts/cluster', ['kill', node]);
    await untilNodeIs(node, false, 120_000);
    await must('./scripts/cluster', ['up']);
    const replicas = await eventually(
      'both are ready',
      async () => {
        const found = await apps.fixture.workloads.observe(spec.app.id);
        return allReady(2)(found) && found;
      },
      180_000,
    );
    recorded.stop();
    console.log(`power cut: ${shown(recorded.seen, lost).join(' | ')}; then ${replicas.length} ready`);
    expectInnocent(recorded.seen);
    expect(new Set(replicas.map(({ index }) => index))).toEqual(new Set([1, 2]));
  });

  it('leave a node that is drained one after the other', async () => {
    const { spec, node } = await spread(4);
    const recorded = apps.record(spec);
    onTestFinished(() => kubectl(['uncordon', node]).then(() => undefined));
    // By the cluster's word, which is what an eviction waits for; ours may come a moment earlier or later.
    const ready = async (): Promise<number> => {
      const counted = ['get', 'deployment', 'web-v1', '--output', 'jsonpath={.status.readyReplicas}'];
      return Number(await apps.kubectl(spec, ...counted));
    };
    await eventually('the cluster counts all of them', async () => (await ready()) === 4);
    const only = `--pod-selector=sluice.dev/app=${spec.app.id}`;
    const drain = kubectl(['drain', node, only, '--ignore-daemonsets', '--delete-emptydir-data']);
    let fewest = 4;
    const looks: Promise<void>[] = [];
    const look = async (): Promise<void> => {
      fewest = Math.min(fewest, await ready());
    };
    const stop = apps.fixture.workloads.watch(() => {
      const looking = look();
      // Awaited once the node is empty.
      looking.catch(() => undefined);
      looks.push(looking);
    });
    await drain;
    const after = await until(apps.fixture.workloads, spec.app.id, allReady(4));
    stop();
    recorded.stop();
    await Promise.all(looks);
    const nodes = await Promise.all(after.map((replica) => nodeOf(spec, replica)));
    expect(nodes).not.toContain(node);
    expect(fewest).toBeGreaterThanOrEqual(3);
    expectInnocent(recorded.seen);
    expect(new Set(after.map(({ index }) => index))).toEqual(new Set([1, 2, 3, 4]));
  });
});
