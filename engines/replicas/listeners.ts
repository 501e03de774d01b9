/** A TCP socket that waits for connections inside a container. */
export interface Listener {
  readonly port: number;
  /** Bound to 127.0.0.0/8 or ::1, so nothing outside the container reaches it. */
  readonly loopbackOnly: boolean;
}

const LISTEN = '0A';
/** Docker's own name server sits in each container's network at this address. */
const EMBEDDED_DNS = '0B00007F';

/** Reads /proc/net/tcp and /proc/net/tcp6, concatenated or alone. One entry a port, lowest first. */
export function parseListeners(table: string): Listener[] {
  const loopbackOnly = new Map<number, boolean>();
  for (const line of table.split('\n')) {
    const [, local = '', , state] = line.trim().split(/\s+/);
    const [address = '', port = ''] = local.split(':');
    if (state !== LISTEN || address === EMBEDDED_DNS) continue;
    const number = Number.parseInt(port, 16);
    loopbackOnly.set(number, isLoopback(address) && (loopbackOnly.get(number) ?? true));
  }
  return [...loopbackOnly]
    .map(([port, only]) => ({ port, loopbackOnly: only }))
    .toSorted((a, b) => a.port - b.port);
}

/** Addresses are hexadecimal words with the lowest byte first; ::ffff:127.x.x.x counts as well. */
function isLoopback(address: string): boolean {
  if (address.length === 8) return address.endsWith('7F');
  if (address === '00000000000000000000000001000000') return true;
  return address.startsWith('0000000000000000FFFF0000') && address.endsWith('7F');
}
