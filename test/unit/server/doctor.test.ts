import { expect, onTestFinished, test } from 'vitest';
import { TestServer } from '../../support/server.ts';

test.each([
  ['redis://:s3cret@127.0.0.1:6399/2', 'redis://127.0.0.1:6399/2'],
  ['rediss://sluice:s3cret@redis.example.test?password=s3cret', 'rediss://redis.example.test'],
  ['/run/sluice/redis.sock', '/run/sluice/redis.sock'],
])('how to mend the queue says where Redis is, and not how to log in: %s', async (url, shown) => {
  const server = await TestServer.start({ SLUICE_REDIS_URL: url });
  onTestFinished(() => server.remove());
  server.queue.healthy = async () => false;
  const findings = await server.context.doctor();
  expect(findings.find(({ name }) => name === 'queue')?.fix).toContain(`start Redis at ${shown};`);
  expect(JSON.stringify(findings)).not.toContain('s3cret');
});

test('a server that is given its workloads leaves the firewall of this machine alone', async () => {
  const server = await TestServer.start();
  try {
    const checks = await server.context.doctor();
    expect(checks.map(({ name }) => name)).toContain('disk');
    expect(checks.map(({ name }) => name)).not.toContain('firewall');
  } finally {
    await server.remove();
  }
});
