import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** Who was given one of these may not have taken it yet. */
const given = new Set<number>();

/** A port that was free a moment ago, on all addresses, and that this process was not given before. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port as number;
}

/** As `freePort`, so many at a time. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const free = servers
    .map((server) => (server.address() as AddressInfo).port)
    .filter((port) => !given.has(port));
  for (const port of free) given.add(port);
  // Held meanwhile, so that the system gives others.
  const more = free.length < count ? await freePorts(count - free.length) : [];
  for (const server of servers) server.close();
  await Promise.all(servers.map((server) => once(server, 'close')));
  return [...free, ...more];
}
