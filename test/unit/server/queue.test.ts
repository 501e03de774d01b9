import { pino } from 'pino';
import { expect, test } from 'vitest';
import { RedisBuildQueue } from '../../../server/queue/queue.ts';

test('a Redis that was never there holds nobody up', async () => {
  const queue = new RedisBuildQueue('/nonexistent/redis.sock', pino({ level: 'silent' }), () => undefined);
  try {
    await queue.add({ buildId: 'b', attempt: 1 }, '1');
    expect(await queue.healthy()).toBe(false);
    await expect(queue.builders()).rejects.toThrow();
  } finally {
    await queue.close();
  }
}, 5_000);
