import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { kubectl, untilNodeIs } from '../../support/cluster.ts';
import { must } from '../../support/command.ts';
import type { LoadReport } from '../../support/open-loop.ts';
import { DisturbedShops, type Pod, type Shop } from '../support/disturbed-shops.ts';

describe('a canary whose replica others take away', () => {
  let shops: DisturbedShops;
  let good: Shop;
  let bad: Shop;
  beforeAll(async () => {
    shops = await DisturbedShops.open();
    [good, bad] = await Promise.all([shops.shop('good'), shops.shop('bad')]);
  }, 180_000);
  afterAll(() => shops?.[Symbol.asyncDispose]());

  /**
   * Requests of a good release that may be answered otherwise than by 200: those of the moment in which its canary's only
   * replica is gone and nobody knows it yet; a node that is cut off does not say so.
   */
  const most = { killed: 50, drained: 25, lost: 600 };

  /** Both shops have a canary of one replica, of ten percent of their requests or of half of them. */
  async function disturbed(how: keyof typeof most, disturb: (goods: Pod, bads: Pod) => Promise<void>) {
    const stops = [good.users(), bad.users()];
    const goes = good.release(`TRY=${how}`);
    const [goods] = await good.canary();
    const comesBack = bad.release('FAILS_ONE_IN=3');
    const [bads] = await bad.canary();
    const began = performance.now();
    await disturb(goods, bads);
    const [live, takenBack] = await Promise.all([goes, comesBack]);
    const seconds = Math.round((performance.now() - began) / 1_000);
    const [seen] = (await Promise.all(stops.map((stop) => stop()))) as [LoadReport, LoadReport];
    const failed = Object.entries(Object.groupBy(seen.failed, (one) => one.slice(0, 40)));
    const said = failed.map(([what, all = []]) => `${all.length} ${what}`).join(', ');
    console.log(
      `${how}: verdicts after ${seconds} s; ${seen.sent} sent, not answered well: ${said || 'none'}`,
    );

    expect(live.output).toMatch(/=====> v\d+ is live/);
    expect(live.output).not.toContain('taken back');
    expect(live.code, live.output).toBe(0);
    expect(takenBack.output).toMatch(/v\d+ is taken back .* requests \(\d+ %\) failed on v/);
    expect(takenBack.code, takenBack.output).not.toBe(0);
    expect(seen.failed.length).toBeLessThanOrEqual(most[how]);
  }

  it('by a kill goes live if it is good, and back if it is bad', () =>
    disturbed('killed', async (goods, bads) => {
      const kill = ({ name, namespace }: Pod): Promise<string> =>
        kubectl([
          'delete',
          'pod',
          name,
          '--namespace',
          namespace,
          '--grace-period=0',
          '--force',
          '--wait=false',
        ]);
      await Promise.all([kill(goods), kill(bads)]);
    }));

  it('by a drain of its node goes live if it is good, and back if it is bad', () =>
    disturbed('drained', async ({ node }) => {
      onTestFinished(() => kubectl(['uncordon', node]).then(() => undefined));
      const only = `--pod-selector=sluice.dev/installation=${shops.installationId}`;
      await kubectl(['drain', node, only, '--ignore-daemonsets', '--delete-emptydir-data', '--force']);
    }));

  it('by the loss of its node goes live if it is good, and back if it is bad', () =>
    disturbed('lost', async ({ node }) => {
      onTestFinished(async () => {
        await must('./scripts/cluster', ['mend', node]);
        await untilNodeIs(node, true, 120_000);
      });
      await must('./scripts/cluster', ['cut', node]);
    }));
});
