import { expect, test } from 'vitest';
import { bindAddresses, maxConnections } from '../../../router/config/host.ts';
import { routerLayout } from '../../../router/layout.ts';
import { readSettings } from '../../../router/settings.ts';

test.each([
  { hard: '20000', most: 9_750 },
  { hard: '1048576', most: 10_000 },
  { hard: '1024', most: 262 },
  { hard: '256', most: 50 },
])('with $hard open files, HAProxy takes $most connections', ({ hard, most }) => {
  const limits = `Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 ${hard}                files\n`;
  expect(maxConnections(limits)).toBe(most);
});

test.each([
  { bind: [], ipv6: true, addresses: ['0.0.0.0', '[::]'] },
  { bind: [], ipv6: false, addresses: ['0.0.0.0'] },
  { bind: ['127.0.0.1', '::1'], ipv6: true, addresses: ['127.0.0.1', '[::1]'] },
])('listens on $addresses', ({ bind, ipv6, addresses }) => {
  expect(bindAddresses(bind, ipv6)).toEqual(addresses);
});

test('settings have defaults', () => {
  expect(readSettings({ SLUICE_DATA_DIR: '/data' })).toEqual({
    dataDir: '/data',
    httpPort: 8080,
    httpsPort: 8443,
    domain: 'localhost',
    bind: [],
    slots: 64,
    stopHaproxy: false,
    haproxy: 'haproxy',
  });
});

test('a wrong setting is named', () => {
  expect(() => readSettings({ SLUICE_DATA_DIR: '/data', SLUICE_HTTP_PORT: 'x' })).toThrow('SLUICE_HTTP_PORT');
  expect(() => readSettings({ SLUICE_DATA_DIR: '/data', SLUICE_HTTP_BIND: '1.2.3.4 ssl' })).toThrow(
    'SLUICE_HTTP_BIND',
  );
});

test('a data folder whose sockets would not fit is refused with the setting that mends it', () => {
  expect(() => routerLayout(`/${'x'.repeat(100)}`)).toThrow('SLUICE_DATA_DIR');
});
