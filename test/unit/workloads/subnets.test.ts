import { describe, expect, it } from 'vitest';
import { parseRoutes } from '../../../engines/docker/network/host-subnets.ts';
import {
  formatAddress,
  formatSubnet,
  freeAddress,
  freeSubnets,
  gatewayOf,
  overlap,
  parseAddress,
  parseSubnet,
} from '../../../engines/docker/network/subnets.ts';

const subnets = (...texts: string[]) => texts.map(parseSubnet);
const firstFree = (pool: string, ...taken: string[]): string | undefined => {
  const [free] = freeSubnets(parseSubnet(pool), subnets(...taken));
  return free === undefined ? undefined : formatSubnet(free);
};

describe('subnets', () => {
  it.each(['0.0.0.0', '10.213.0.1', '255.255.255.255'])('reads and writes %s', (text) => {
    expect(formatAddress(parseAddress(text))).toBe(text);
  });

  it.each(['10.0.0', '10.0.0.256', '10.0.0.-1', 'host/24', '10.0.0.0/33', '10.0.0.0', '10.0.0.0/'])(
    'refuses %s as a range',
    (text) => expect(() => parseSubnet(text)).toThrow(TypeError),
  );

  it('cuts off host bits', () => {
    expect(formatSubnet(parseSubnet('10.213.0.77/26'))).toBe('10.213.0.64/26');
  });

  it.each([
    ['10.0.0.0/26', '10.0.0.64/26', false],
    ['10.0.0.0/24', '10.0.0.64/26', true],
    ['10.0.0.64/26', '10.0.0.0/24', true],
    ['0.0.0.0/0', '10.0.0.0/26', true],
  ])('%s and %s overlap: %s', (a, b, expected) => {
    expect(overlap(parseSubnet(a), parseSubnet(b))).toBe(expected);
  });

  it('takes the lowest that is free', () => {
    expect(firstFree('10.213.0.0/16')).toBe('10.213.0.0/26');
    expect(firstFree('10.213.0.0/16', '10.213.0.0/26', '10.213.0.128/26')).toBe('10.213.0.64/26');
    expect(firstFree('10.213.0.0/16', '10.213.0.0/24')).toBe('10.213.1.0/26');
    expect(firstFree('10.213.0.0/16', '10.0.0.0/8')).toBeUndefined();
    expect(firstFree('10.213.0.0/27')).toBeUndefined();
  });

  it('has 1,024 in a /16', () => {
    expect([...freeSubnets(parseSubnet('10.213.0.0/16'), [])]).toHaveLength(1_024);
  });

  it('gives 61 addresses, none of them network, gateway or broadcast', () => {
    const subnet = parseSubnet('10.213.0.64/26');
    const taken = new Set<string>();
    for (
      let address = freeAddress(subnet, taken);
      address !== undefined;
      address = freeAddress(subnet, taken)
    ) {
      taken.add(address);
    }
    expect(taken.size).toBe(61);
    for (const special of ['10.213.0.64', gatewayOf(subnet), '10.213.0.127'])
      expect(taken).not.toContain(special);
  });
});

it('reads routes of the kernel, but for the default one', () => {
  const table = [
    'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT',
    'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    'tun0\t0000D50A\t00000000\t0001\t0\t0\t0\t00F0FFFF\t0\t0\t0',
    '',
  ].join('\n');
  expect(parseRoutes(table).map(formatSubnet)).toEqual(['10.213.0.0/20']);
});
