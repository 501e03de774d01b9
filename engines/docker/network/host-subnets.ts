import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { formatAddress, parseSubnet, type Subnet } from './subnets.ts';

/** IPv4 ranges that this host has addresses in or routes to; the default route is left out. */
export async function hostSubnets(): Promise<Subnet[]> {
  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => address.family === 'IPv4' && address.cidr !== null)
    .map((address) => parseSubnet(address.cidr ?? ''));
  return [...own, ...parseRoutes(await readFile('/proc/net/route', 'utf8').catch(() => ''))];
}

/** Reads the table of /proc/net/route, whose numbers are hexadecimal with the lowest byte first. */
export function parseRoutes(table: string): Subnet[] {
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
    .flatMap((columns) => {
      const [, destination, , , , , , mask] = columns;
      if (destination === undefined || mask === undefined || /^0+$/.test(mask)) return [];
      const ones = reversed(mask).toString(2).replaceAll('0', '').length;
      return [parseSubnet(`${formatAddress(reversed(destination))}/${ones}`)];
    });
}

function reversed(hex: string): number {
  return Buffer.from(hex, 'hex').readUInt32LE(0);
}
