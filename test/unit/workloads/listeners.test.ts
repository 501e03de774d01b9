import { expect, it } from 'vitest';
import { parseListeners } from '../../../engines/replicas/listeners.ts';

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid';
const V6 = '0'.repeat(32);
const row = (local: string, state = '0A'): string =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 1`;

it.each([
  ['every address', [row('00000000:1F90')], [{ port: 8080, loopbackOnly: false }]],
  ['every IPv6 address', [row(`${V6}:0BB8`)], [{ port: 3000, loopbackOnly: false }]],
  ['loopback', [row('0100007F:1F90')], [{ port: 8080, loopbackOnly: true }]],
  ['another loopback address', [row('0200007F:1F90')], [{ port: 8080, loopbackOnly: true }]],
  ['IPv6 loopback', [row('00000000000000000000000001000000:1F90')], [{ port: 8080, loopbackOnly: true }]],
  ['mapped loopback', [row('0000000000000000FFFF00000100007F:1F90')], [{ port: 8080, loopbackOnly: true }]],
  [
    'loopback and every address',
    [row('0100007F:1F90'), row('00000000:1F90')],
    [{ port: 8080, loopbackOnly: false }],
  ],
  ['the name server of Docker only', [row('0B00007F:9C41')], []],
  ['connections only', [row('0200A8C0:1F90', '01')], []],
])('sees who listens on %s', (_, rows, expected) => {
  expect(parseListeners([HEAD, ...rows, ''].join('\n'))).toEqual(expected);
});
