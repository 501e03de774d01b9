import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/**
 * Below what a system takes for connections that go out and for `listen(0)` (32768 and up on Linux, 49152 and up elsewhere):
 * nobody has one of these by chance before who was given it listens.
 */
const PORTS = [12_000, 30_000] as const;

/** Who was given one of these may not have taken it yet. */
const given = new Set<number>();

/** A port that was free a moment ago, on all addresses, and that this process was not given before. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port as number;
}

/** As `freePort`, so many at a time. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = randomInt(...PORTS);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    ports.push(port);
  }
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port), 'listening');
  } catch {
    return false;
  }
  await closed(server);
  return true;
}

async function closed(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
