import { expect, test } from 'vitest';
import { Reports } from '../../../builder/report.ts';

test('what the builder says of its own doings holds neither its tokens nor secrets of builds that run', () => {
  const lines: string[] = [];
  const redis = 'redis://:redis-password@10.0.0.1:6379';
  const server = { url: new URL('http://sluice-server:7001'), token: 'platform-token-of-32-characters!' };
  const reports = new Reports({ server, redis }, (line) => void lines.push(line));
  reports.know('b-1', { NPM_TOKEN: 'npm_0123456789' });
  const quoted = new Error(`${server.token} redis-password npm_0123456789 10.0.0.1`);
  reports.error('attempt b-1 broke', quoted);
  const { msg, cause } = JSON.parse(lines[0] ?? '') as Record<string, string>;
  expect(msg).toBe('attempt b-1 broke');
  expect(cause).toContain('[SLUICE_PLATFORM_TOKEN] [SLUICE_REDIS_URL] [NPM_TOKEN] 10.0.0.1');
  reports.forget('b-1');
  reports.error('another broke', 'npm_0123456789');
  expect(lines[1]).toContain('npm_0123456789');
});
