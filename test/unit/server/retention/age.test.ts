import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { verifyEvents } from '../../../../server/store/audit-verification.ts';
import { FILES, RetainedShop } from '../support/retained-shop.ts';

const shop = new RetainedShop();
beforeEach(() => shop.start());
afterEach(() => shop.remove());

describe('by its age', () => {
  test('a build log and a commit go 90 days after their build has ended, the row and what is kept stay', async () => {
    const { store, buildLogs, repositories } = shop.server.context;
    const lost = await shop.failed(1);
    const [first] = await shop.deployed(1);
    await shop.retention({ days: 89 }).round();
    const both = [lost.build, first?.build ?? ''].toSorted();
    expect((await buildLogs.ids()).toSorted()).toEqual(both);
    expect(await shop.keptBuilds()).toEqual(both);

    await shop.retention({ days: 91 }).round();
    expect(await buildLogs.ids()).toEqual([]);
    expect(await shop.keptBuilds()).toEqual([first?.build]);
    expect(store.builds.require(lost.build).state).toBe('failed');
    expect(await repositories.branch(shop.app.id, 'main')).toBe(first?.commit);
  });

  test('what is under way stays, however long that takes', async () => {
    const waiting = await shop.server.push(shop.app, await shop.server.commit(shop.app, FILES));
    await shop.retention({ days: 400 }).round();
    expect(await shop.keptBuilds()).toEqual([waiting.id]);
    expect(await shop.server.context.buildLogs.ids()).toEqual([waiting.id]);

    shop.server.engine.behave('slow', 'waits');
    await shop.server.build(waiting, 'slow');
    await shop.retention({ days: 400 }).round();
    expect(await shop.keptBuilds()).toEqual([waiting.id]);
    expect(await shop.server.context.buildLogs.ids()).toEqual([waiting.id]);
  });

  test('answers kept for repeated requests go, what people did stays', async () => {
    const { store } = shop.server.context;
    store.db.run("INSERT INTO idempotency VALUES ('k', x'00', 200, '', ?)", Date.now());
    await shop.retention({ days: 0.9 }).round();
    expect(store.db.all('SELECT * FROM idempotency')).toHaveLength(1);
    const before = store.db.all('SELECT * FROM events').length;
    await shop.retention({ days: 400 }).round();
    expect(store.db.all('SELECT * FROM idempotency')).toHaveLength(0);
    expect(store.db.all('SELECT * FROM events')).toHaveLength(before);
    expect(before).toBeGreaterThan(0);
  });
});

test('what people did is kept for ever, or for as many days as the admin says', async () => {
  const { store } = shop.server.context;
  const { events } = store;
  const kept = (): number => events.page({}, 1e9, 1_000).length;
  const before = kept();
  await shop.retention({ days: 4_000 }).round();
  expect(kept()).toBe(before);
  await shop.retention({ days: 99, auditDays: 100 }).round();
  expect(kept()).toBe(before);
  await shop.retention({ days: 101, auditDays: 100 }).round();
  expect(events.page({}, 1e9, 10).map(({ action }) => action)).toEqual(['audit.retire']);
  expect((await verifyEvents(events)).fault).toBeUndefined();
});

test('a log that is far too long is retired in one round, in steps', async () => {
  const { store } = shop.server.context;
  store.transaction(() => {
    for (let row = 0; row < 10_500; row++) store.events.record('test.row', null, null);
  });
  await shop.retention({ days: 101, auditDays: 100 }).round();
  // The rest goes tomorrow: each time leaves a row.
  const { rows, anchor, fault } = await verifyEvents(store.events);
  expect({ upTo: anchor?.id, fault }).toEqual({ upTo: 10_000, fault: undefined });
  expect(rows).toBeLessThan(1_000);
});
