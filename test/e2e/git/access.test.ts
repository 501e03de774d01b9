import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import ssh2, { type ConnectConfig, type PublicKeyAuthMethod } from 'ssh2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { reason } from '../../../core/reason.ts';
import { run, until, Rig } from './support/rig.ts';

const IDENTIFICATION = 'SSH-2.0-Sluice\r\n';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(() => rig.stop());

function ssh(args: readonly string[], person = 'ann'): Promise<{ code: number; out: string; err: string }> {
  return run('ssh', [...rig.sshArguments(person), ...args], { env: rig.environment(person) });
}

test('a key that nobody has is refused, and works from the moment the server knows it', async () => {
  const blob = rig.addKey('bob', false);
  const refused = await ssh(['git@127.0.0.1'], 'bob');
  expect(refused.err).toContain('Permission denied (publickey)');
  expect(refused.code, refused.err).toBe(255);
  rig.server.people.set(blob, { id: 'person0000bob0', name: 'bob' });
  expect((await ssh(['git@127.0.0.1'], 'bob')).out).toContain('Hello bob');
});

test('a key is looked up once a login, and anew at each', async () => {
  const before = rig.server.authentications.length;
  await ssh(['git@127.0.0.1']);
  await ssh(['git@127.0.0.1']);
  expect(rig.server.authentications.length - before).toBe(2);
});

test('passwords are not even offered', async () => {
  const asked = await ssh(['-v', '-o', 'PubkeyAuthentication=no', 'git@127.0.0.1']);
  expect(asked.err).toContain('Authentications that can continue: publickey\n'.trim());
  expect(asked.err).not.toMatch(/can continue:.*password/);
  expect(asked.code, asked.err).toBe(255);
});

test('a client with too many wrong keys is cut off at the sixth', async () => {
  const keys = ['k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7'];
  for (const key of keys) rig.addKey(key, false);
  const before = rig.server.authentications.length;
  const flags = keys.flatMap((key) => ['-i', join(rig.folder, `key-${key}`)]);
  const args = rig.sshArguments().filter((_, i, all) => all[i] !== '-i' && all[i - 1] !== '-i');
  const cut = await run('ssh', [...args, ...flags, 'git@127.0.0.1'], { env: rig.environment() });
  expect(cut.code, cut.err).toBe(255);
  expect(rig.server.authentications.length - before).toBe(6);
});

test('a key that is none is refused, and ends nobody else', async () => {
  const own = ssh2.utils.parseKey(readFileSync(join(rig.folder, 'key-ann')));
  if (own instanceof Error) throw own;
  // Each field stands behind its length; the last one, the point, is empty.
  const type = 'ecdsa-sha2-nistp256';
  const blob = Buffer.from(`\0\0\0\x13${type}\0\0\0\x08nistp256\0\0\0\0`, 'latin1');
  const key = Object.assign(own, { type, getPublicSSH: () => blob });
  const offer: PublicKeyAuthMethod = { type: 'publickey', username: 'git', key };
  const client = new ssh2.Client();
  const refused = once(client, 'error');
  client.connect({ host: '127.0.0.1', port: rig.port, username: 'git', authHandler: [offer] });
  expect(String((await refused)[0])).toContain('All configured authentication methods failed');
  client.end();
  expect((await ssh(['git@127.0.0.1'])).out).toContain('Hello ann');
});

test('a stranger who asks and asks, and reads no answer, is cut off', async () => {
  const client = new ssh2.Client();
  const gone = new Promise<void>((resolve) => client.once('close', () => resolve()));
  client.on('error', () => undefined);
  // It never tries to log in.
  const silent = { authHandler: () => undefined, readyTimeout: 0 } as unknown as ConnectConfig;
  client.connect({ host: '127.0.0.1', port: rig.port, username: 'git', ...silent });
  await once(client, 'handshake');
  const { _sock: socket, _protocol: protocol } = client as unknown as Insides;
  socket.pause();
  for (let asked = 0; asked < 300_000 && !socket.destroyed; asked += 1_000) {
    for (let i = 0; i < 1_000; i += 1) protocol.ping();
    // Beyond what the system keeps for both of us.
    if (socket.writableNeedDrain) {
      await new Promise<void>((resolve) => {
        socket.once('drain', () => resolve());
        socket.once('close', () => resolve());
      });
    }
  }
  expect(socket.destroyed).toBe(true);
  await gone;
  expect((await ssh(['git@127.0.0.1'])).out).toContain('Hello ann');
});

test('a session that is closed before it ran anything is closed by the front, too, and forgotten', async () => {
  const client = new ssh2.Client();
  // The front may end before it has read that the client does.
  client.on('error', () => undefined);
  const privateKey = readFileSync(join(rig.folder, 'key-ann'));
  client.connect({ host: '127.0.0.1', port: rig.port, username: 'git', privateKey });
  await once(client, 'ready');
  await new Promise<void>((resolve) => client.subsys('none', () => resolve()));
  const { _chanMgr: open } = client as unknown as Insides;
  const { _channels: channels } = open;
  for (const channel of Object.values(channels)) channel.close();
  // It counts until the other side has closed it as well.
  await until(() => Object.keys(channels).length === 0, 'the session is closed');
  client.end();
});

/** Of ssh2's client. */
interface Insides {
  readonly _sock: Socket;
  readonly _protocol: { ping(): void };
  readonly _chanMgr: { readonly _channels: Record<string, { close(): void }> };
}

test('an RSA key logs in by SHA-2 and not by SHA-1', async () => {
  const file = join(rig.folder, 'key-rsa');
  execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', file]);
  rig.server.people.set(readFileSync(`${file}.pub`, 'utf8').split(' ')[1] ?? '', {
    id: 'person0000rsa0',
    name: 'rsa',
  });
  expect((await ssh(['git@127.0.0.1'], 'rsa')).out).toContain('Hello rsa');
  expect((await ssh(['-o', 'PubkeyAcceptedAlgorithms=ssh-rsa', 'git@127.0.0.1'], 'rsa')).code).toBe(255);
});

test('a shell says hello and what to type', async () => {
  const hello = await ssh(['git@127.0.0.1']);
  expect(hello.out).toBe(
    'Hello ann, this is Sluice; there is no shell here.\nDeploy with `git push platform main`; for the rest type `sluice help`, or `ssh … help` without that command.\n',
  );
  expect(hello.code, hello.err).toBe(0);
});

test.each(['ls -l', 'git-receive-pack', "git-upload-pack 'a;b'", 'scp -t x', "git-upload-archive 'hello'"])(
  'the command %s is refused',
  async (command) => {
    const refused = await ssh(['git@127.0.0.1', command]);
    expect(refused.err).toContain('Sluice does not run');
    expect(refused.err).toContain('git push platform main');
    expect(refused.code, refused.err).toBe(127);
  },
);

test('forwarding, agents, terminals and sftp are refused', async () => {
  const forward = await ssh(['-W', '127.0.0.1:22', 'git@127.0.0.1']);
  expect(forward.code, forward.err).not.toBe(0);
  const remote = await ssh(['-o', 'ExitOnForwardFailure=yes', '-R', '0:127.0.0.1:9', '-N', 'git@127.0.0.1']);
  expect(remote.err).toContain('remote port forwarding failed');
  const terminal = await ssh(['-tt', '-o', 'LogLevel=INFO', 'git@127.0.0.1']);
  expect(terminal.err).toContain('PTY allocation request failed');
  expect((await ssh(['-s', 'git@127.0.0.1', 'sftp'])).code).not.toBe(0);
});

test('an unknown app and an app without access are refused with what to type', async () => {
  const clone = rig.clone('refs');
  const unknown = await clone.run('push', rig.url('nothere'), 'main');
  expect(unknown.err).toContain(' !     There is no app "nothere".');
  expect(unknown.err).toContain('sluice apps:create nothere');
  expect(unknown.err).toContain('fatal: remote error: There is no app "nothere".');
  expect(unknown.code, unknown.err).toBe(128);
  rig.server.addApp('secret', join(rig.folder, 'secret.git'));
  const closed = await clone.run('fetch', rig.url('secret'));
  expect(closed.err).toContain('You may not push to "secret".');
  expect(closed.err).toContain('Ask an owner');
  expect(closed.code, closed.err).toBe(128);
});

test('what the server refuses at acceptance is shown with its hint', async () => {
  const clone = rig.clone('behind');
  rig.server.refusePush = {
    status: 409,
    reason: reason(
      'not_descendant',
      'Build 7 of a newer commit is under way.',
      'git pull, or push with -o supersede',
    ),
  };
  const refused = await clone.push('main');
  rig.server.refusePush = undefined;
  expect(refused.err).toContain(' !     Build 7 of a newer commit is under way.');
  expect(refused.err).toContain(' !     git pull, or push with -o supersede');
  expect(refused.err).toContain('main -> main (not_descendant)');
  expect(refused.code, refused.err).toBe(1);
});

test('names with spaces, newlines, control characters or a leading dash are welcome, and links that stay inside', async () => {
  rig.deployAtOnce();
  const clone = rig.clone('names', {
    Dockerfile: 'FROM scratch\n',
    '-rf': 'x',
    'a file': 'x',
    'two\nlines': 'x',
    'tab\there': 'x',
    'deep/er/file': 'x',
  });
  execFileSync('ln', ['-s', '../../a file', join(clone.folder, 'deep/er/link')]);
  clone.commit('link');
  expect(await clone.push('main')).toMatchObject({ code: 0 });
});

test('who does not log in is cut off after the login grace', async () => {
  const impatient = await Rig.start({ loginGraceMs: 500 });
  const started = performance.now();
  const socket = connect(impatient.port, '127.0.0.1');
  // Cut off is cut off, also by a reset over bytes that nobody has read.
  socket.on('error', () => undefined);
  socket.resume();
  socket.write('SSH-2.0-slow\r\n');
  await new Promise((resolve) => socket.once('close', resolve));
  expect(performance.now() - started).toBeGreaterThan(450);
  await impatient.stop();
});

test('one source logs in with ten connections at once; more of them wait', async () => {
  const served: Socket[] = [];
  const sockets = Array.from({ length: 14 }, () => {
    const socket = connect(rig.port, '127.0.0.1');
    let received = '';
    socket.on('error', () => undefined);
    // What follows the identification is a key exchange, which only one that has its place is offered.
    socket.on('data', (chunk: Buffer) => {
      const before = received.length;
      received += chunk.toString('latin1');
      if (before <= IDENTIFICATION.length && received.length > IDENTIFICATION.length) served.push(socket);
    });
    socket.write('SSH-2.0-slow\r\n');
    return socket;
  });
  await until(() => served.length === 10, 'ten are served');
  const hello = ssh(['git@127.0.0.1']);
  expect(served).toHaveLength(10);
  for (const socket of served.slice(0, 4)) socket.destroy();
  await until(() => served.length === 14, 'the others have their turn');
  for (const socket of sockets) socket.destroy();
  expect((await hello).code).toBe(0);
});

test('connections that say nothing hear who we are, and keep nobody out', async () => {
  const heard: string[] = [];
  const sockets = Array.from({ length: 40 }, () => {
    const socket = connect(rig.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.once('data', (chunk: Buffer) => heard.push(chunk.toString()));
    return socket;
  });
  await until(() => heard.length === 40, 'all are greeted');
  expect(new Set(heard)).toEqual(new Set([IDENTIFICATION]));
  expect((await ssh(['git@127.0.0.1'])).code).toBe(0);
  for (const socket of sockets) socket.destroy();
});

test('the host key is made once, is for the front alone, and stays', async () => {
  const file = join(rig.folder, 'data', 'ssh_host_ed25519_key');
  const key = readFileSync(file, 'utf8');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  execFileSync('ssh-keygen', ['-y', '-f', file]);
  const { hostKey } = await import('../../../server/git/host-key.ts');
  expect(await hostKey(file)).toBe(key);
  const shared = join(rig.folder, 'shared-key');
  writeFileSync(shared, key, { mode: 0o644 });
  await expect(hostKey(shared)).rejects.toThrow('chmod 600');
});
