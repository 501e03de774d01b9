import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { run } from '../support/command.ts';
import { Platform } from '../support/platform.ts';

const IDLE = 500;
const AT_ONCE = 200;

let platform: Platform;
let idle: Socket[] = [];
beforeAll(async () => {
  platform = await Platform.start({}, { answersUnchecked: true });
  // The first one writes known_hosts; the others must not all do so at once.
  expect(await login('127.0.0.1')).toEqual('');
});
afterEach(() => {
  for (const socket of idle.splice(0)) socket.destroy();
});
afterAll(async () => {
  await platform?.stop();
});

/** Connections that never say a word, each ten from a loopback address of their own. */
async function connectIdle(): Promise<void> {
  idle = Array.from({ length: IDLE }, (_, index) =>
    connect({
      host: '127.0.0.1',
      port: platform.sshPort,
      localAddress: `127.0.2.${1 + Math.floor(index / 10)}`,
    }),
  );
  for (const socket of idle) socket.on('error', () => undefined).resume();
  await Promise.all(idle.map((socket) => once(socket, 'connect')));
}

/** OpenSSH's client, from connecting to the answer of a session. @returns what went wrong, empty when nothing did */
async function login(from: string): Promise<string> {
  const [program = 'ssh', ...args] = platform.sshCommand('alice');
  const target = ['-o', `BindAddress=${from}`, '-p', String(platform.sshPort), 'sluice@127.0.0.1'];
  const { code, output } = await run(program, [...args, ...target]);
  return code === 0 && output.startsWith('Hello alice') ? '' : `${from}: ${code} ${output.trim()}`;
}

test.each([
  ['from as many addresses', (index: number) => `127.0.1.${index + 1}`],
  ['from one address, as of a team behind one router', () => '127.0.3.1'],
])(`${AT_ONCE} logins at once %s beside ${IDLE} idle connections: none fails`, async (_, addressOf) => {
  await connectIdle();
  const began = performance.now();
  const failures = await Promise.all(Array.from({ length: AT_ONCE }, (__, index) => login(addressOf(index))));
  const seconds = (performance.now() - began) / 1_000;
  const kept = idle.filter(({ closed }) => !closed).length;
  console.log(
    `${AT_ONCE} logins in ${seconds.toFixed(1)} s, ${failures.filter(Boolean).length} failed; ${kept} idle connections left`,
  );
  expect(failures.filter(Boolean)).toEqual([]);
});
