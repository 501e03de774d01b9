import { mkdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../support/eventually.ts';
import { GB, RetainedShop } from '../support/retained-shop.ts';

const shop = new RetainedShop();
beforeEach(() => shop.start());
afterEach(() => shop.remove());

describe('in the background', () => {
  test('a rollout that has ended is measured soon, and doctor and status tell it', async () => {
    await shop.server.context.retention.fresh();
    const before = shop.server.context.retention.usage?.kinds.images;
    await shop.deployed(1);
    await eventually(
      'the image counts',
      () => shop.server.context.retention.usage?.kinds.images === (before ?? 0) + 1,
    );
    const findings = await shop.server.context.doctor();
    const found = findings.find(({ name }) => name === 'disk budget');
    expect(found).toMatchObject({
      ok: true,
      message: expect.stringContaining('of 21.5 GB used: images 1 bytes, '),
    });
    shop.weigh(20 * GB);
    await shop.server.context.retention.fresh();
    expect((await shop.server.context.doctor()).find(({ name }) => name === 'disk budget')).toMatchObject({
      ok: false,
      fix: expect.stringContaining('SLUICE_DISK_BUDGET'),
    });
  });

  test('every kind is measured', async () => {
    await shop.deployed(1);
    shop.server.engine.cacheBytes = 7;
    await mkdir(shop.server.context.settings.paths.submodules, { recursive: true });
    const now = shop.retention();
    await now.round();
    const { kinds } = now.usage ?? {};
    expect(Object.values(kinds ?? {}).filter((bytes) => bytes === 0)).toEqual([]);
    expect(kinds?.['build cache']).toBe(7);
    expect(kinds?.['git repositories']).toBeGreaterThan(1_000);
    expect(kinds?.['git repositories']).toBeLessThan(1_000_000);
  });

  test('rounds run one at a time, and one that is asked for begins after that', async () => {
    const { workloads } = shop.server.context;
    let running = 0;
    let most = 0;
    let begun = 0;
    const usage = workloads.usage.bind(workloads);
    workloads.usage = async (built) => {
      begun += 1;
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return usage(built);
    };
    const one = shop.retention();
    await Promise.all([one.round(), one.round(), one.round(), one.fresh()]);
    expect({ most, begun }).toEqual({ most: 1, begun: 2 });
  });
});
