import { BlockList, isIP } from 'node:net';

/** Whether what a proxy at this address says of whom it asks for is believed. */
export type Trusts = (address: string) => boolean;

/** @param proxies CIDRs */
export function trustedProxies(proxies: readonly string[]): Trusts {
  const list = new BlockList();
  for (const range of proxies) {
    const [network = '', prefix] = range.split('/');
    list.addSubnet(network, Number(prefix), isIP(network) === 6 ? 'ipv6' : 'ipv4');
  }
  return (address) => {
    const plain = plainAddress(address);
    const version = isIP(plain);
    return version !== 0 && list.check(plain, version === 6 ? 'ipv6' : 'ipv4');
  };
}

/** IPv4 as IPv4, wherever it came in. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
