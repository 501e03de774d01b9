/** IPv4 arithmetic over address ranges. Pure. */

export interface Subnet {
  /** First address, as a number. */
  readonly first: number;
  /** Prefix length, 0 to 32. */
  readonly bits: number;
}

const APP_BITS = 26;

/** @throws TypeError when the text is no IPv4 address */
export function parseAddress(text: string): number {
  const parts = text.split('.').map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : 256));
  if (parts.length !== 4 || parts.some((part) => part > 255))
    throw new TypeError(`${text} is no IPv4 address`);
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

/** Reads `10.213.0.0/16`; host bits are cut off. @throws TypeError when it is no IPv4 range */
export function parseSubnet(text: string): Subnet {
  const [address = '', length = ''] = text.split('/');
  const bits = /^\d{1,2}$/.test(length) ? Number(length) : 33;
  if (bits > 32) throw new TypeError(`${text} is no IPv4 range such as 10.213.0.0/16`);
  const size = 2 ** (32 - bits);
  return { first: Math.floor(parseAddress(address) / size) * size, bits };
}

export function formatSubnet(subnet: Subnet): string {
  return `${formatAddress(subnet.first)}/${subnet.bits}`;
}

function sizeOf(subnet: Subnet): number {
  return 2 ** (32 - subnet.bits);
}

export function overlap(a: Subnet, b: Subnet): boolean {
  return a.first < b.first + sizeOf(b) && b.first < a.first + sizeOf(a);
}

/** The lowest subnets of the size that one app gets (62 addresses) in `pool` that overlap none of `taken`. */
export function* freeSubnets(pool: Subnet, taken: readonly Subnet[]): Generator<Subnet> {
  const step = 2 ** (32 - APP_BITS);
  for (let first = pool.first; first + step <= pool.first + sizeOf(pool); first += step) {
    const subnet = { first, bits: APP_BITS };
    if (!taken.some((other) => overlap(subnet, other))) yield subnet;
  }
}

/** The address that the bridge itself has: the first one that is usable. */
export function gatewayOf(subnet: Subnet): string {
  return formatAddress(subnet.first + 1);
}

/** The lowest address of a subnet that is neither network, gateway, broadcast nor in `taken`. */
export function freeAddress(subnet: Subnet, taken: ReadonlySet<string>): string | undefined {
  for (let address = subnet.first + 2; address < subnet.first + sizeOf(subnet) - 1; address += 1) {
    if (!taken.has(formatAddress(address))) return formatAddress(address);
  }
  return undefined;
}
