import { expect } from 'vitest';

/** Something that a container tries to connect to. */
export interface Target {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** Seconds; the first packets of a new pod may be lost until every node knows whose it is, and are sent again after 1, 3 and 7. */
const PATIENCE = 15;

/** sh that tries all of them at once and says `name=reached` or `name=silent` for each; busybox is enough. */
export function probe(targets: readonly Target[]): string {
  const lines = targets.map(
    ({ name, host, port }) =>
      `(if nc -w ${PATIENCE} ${host} ${port} </dev/null >/dev/null 2>&1; then echo "${name}=reached"; else echo "${name}=silent"; fi) &`,
  );
  return [...lines, 'wait', ''].join('\n');
}

/** The same for the platform's own containers, which have node. */
export function nodeProbe(targets: readonly Target[]): string {
  return `for (const { name, host, port } of ${JSON.stringify(targets)}) {
  const socket = require('net').connect(port, host);
  const end = (how) => { console.log(name + '=' + how); socket.destroy(); clearTimeout(late); };
  const late = setTimeout(() => end('silent'), ${PATIENCE}000);
  socket.on('connect', () => end('reached')).on('error', () => end('silent'));
}`;
}

/** That what a probe said is all of these, and nothing else. */
export function expectReach(said: string, open: readonly Target[], closed: readonly Target[]): void {
  const answers = Object.fromEntries(
    [...said.matchAll(/([\w.:-]+)=(reached|silent)/g)].map(([, name, end]) => [name, end]),
  );
  const expected = [
    ...open.map(({ name }) => [name, 'reached']),
    ...closed.map(({ name }) => [name, 'silent']),
  ];
  expect(answers, said).toEqual(Object.fromEntries(expected));
}

/** Ports on which a pod takes connections of others, of its `/proc/net/tcp` and `tcp6`. */
export function listeningPorts(table: string): number[] {
  const ports = table.split('\n').flatMap((line) => {
    const [, local = '', , state] = line.trim().split(/\s+/);
    const [address = '', port = ''] = local.split(':');
    const loopback = address === '0100007F' || address === '00000000000000000000000001000000';
    return state === '0A' && !loopback ? [Number.parseInt(port, 16)] : [];
  });
  return [...new Set(ports)].toSorted((a, b) => a - b);
}
