import { expect, test } from 'vitest';
import { type Platform, startPlatform } from './support/platform.ts';

/** The address that a row of the audit log has for a client behind a proxy at 127.0.0.1. */
async function noted(platform: Platform, forwarded: string): Promise<unknown> {
  const token = platform.token(platform.person(`admin-${forwarded.length}`, { admin: true }));
  const { name } = platform.person(`leaver-${forwarded.length}`);
  await platform.tcp(token).delete(`/v1/people/${name}`).set('X-Forwarded-For', forwarded).expect(204);
  const { address } = platform.store.db.get('SELECT address FROM events ORDER BY id DESC') ?? {};
  return address;
}

test('what a trusted proxy says for whom it asks is the address; of another it stands beside its own', async () => {
  const trusting = await startPlatform({ proxies: ['127.0.0.0/8', '10.0.0.0/8'] });
  expect(await noted(trusting, '198.51.100.7')).toBe('198.51.100.7');
  // The client made the first up; the last is a proxy of ours.
  expect(await noted(trusting, '192.0.2.1, 198.51.100.7, 10.1.2.3')).toBe('198.51.100.7');
  expect(await noted(trusting, '192.0.2.1, nonsense')).toBe('127.0.0.1');
  const wary = await startPlatform({ proxies: ['10.0.0.0/8'] });
  expect(await noted(wary, '198.51.100.7')).toBe('198.51.100.7 by 127.0.0.1');
});

test('strangers and wrong tokens are counted by the address that a trusted proxy says', async () => {
  const platform = await startPlatform({ proxies: ['127.0.0.1/32'] });
  const from = async (address: string): Promise<number> =>
    (await platform.tcp('wrong').get('/v1/me').set('X-Forwarded-For', address)).status;
  const statuses = new Set<number>();
  for (let time = 0; time < 22; time++) statuses.add(await from(`2001:db8::${time}`));
  // All of one /64 are one client.
  expect([...statuses]).toEqual([401, 429]);
  expect(await from('2001:db8:0:1::1')).toBe(401);
  expect(await from('198.51.100.7')).toBe(401);
});

test('without a trusted proxy nobody gets rid of the limit by saying another address', async () => {
  const platform = await startPlatform();
  const statuses = new Set<number>();
  for (let time = 0; time < 22; time++) {
    const { status } = await platform.tcp('wrong').get('/v1/me').set('X-Forwarded-For', `198.51.100.${time}`);
    statuses.add(status);
  }
  expect([...statuses]).toEqual([401, 429]);
});
