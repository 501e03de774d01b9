import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sluice, start } from '../../support/cli/program.ts';
import { app, build, configRelease, promoted, release, releaseDetail } from '../../support/cli/samples.ts';
import { startSshPlatform, type SshPlatform } from '../../support/cli/ssh-platform.ts';

let platform: SshPlatform;
let alice: Record<string, string>;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-ssh-'));
  platform = await startSshPlatform();
  platform.api.on('listApps', () => ({ items: [app] })).on('getApp', () => app);
  alice = { SLUICE_HOST: `ssh://sluice@127.0.0.1:${platform.port}`, SLUICE_SSH: platform.ssh };
});
afterAll(async () => {
  await platform.stop();
  await rm(folder, { recursive: true, force: true });
});

/** An ssh that writes a line with its pid into a file, then is ssh. */
async function countedSsh(): Promise<{ ssh: string; pids: () => Promise<number[]> }> {
  const log = join(folder, `pids-${Math.random().toString(36).slice(2)}`);
  const script = `${log}.sh`;
  await writeFile(script, `#!/bin/sh\necho $$ >> '${log}'\nexec "$@"\n`);
  await chmod(script, 0o755);
  const pids = async () =>
    (await readFile(log, 'utf8').catch(() => '')).split('\n').filter(Boolean).map(Number);
  return { ssh: `${script} ${platform.ssh}`, pids };
}

test('the API is asked in the name of the key, over ssh', async () => {
  expect(await sluice(['apps'], alice)).toEqual({
    code: 0,
    stdout: 'hello\tv12\t2026-11-21T09:57:00.000Z\towner\thttp://hello.localhost:8000\n',
    stderr: '',
  });
  expect(platform.api.asked.at(-1)?.headers['x-sluice-person']).toBe(platform.personId);
});

test('one ssh carries all requests of a command', async () => {
  const { ssh, pids } = await countedSsh();
  platform.api
    .on('setConfig', () => ({ version: 4, release: configRelease }))
    .on('getRollout', () => promoted)
    .on('getApp', () => app);
  const outcome = await sluice(['config:set', 'A=b', '-a', 'hello'], { ...alice, SLUICE_SSH: ssh });
  expect(outcome.code, outcome.stderr).toBe(0);
  expect(platform.api.asked.slice(-3).map(({ route }) => route)).toEqual([
    'setConfig',
    'getRollout',
    'getApp',
  ]);
  expect(await pids()).toHaveLength(1);
});

test("a key that the platform does not know: exit 3, ssh's words, and what to do", async () => {
  const outcome = await sluice(['apps'], { ...alice, SLUICE_SSH: platform.strangersSsh });
  expect(outcome.code, outcome.stderr).toBe(3);
  expect(outcome.stdout).toBe('');
  expect(outcome.stderr).toContain(
    ` !     ssh://sluice@127.0.0.1:${platform.port} knows none of the keys that ssh offered\n`,
  );
  expect(outcome.stderr).toContain('Permission denied (publickey)');
  expect(outcome.stderr).toContain('sluice keys:add FILE --person NAME');
});

test('nobody listens: exit 3', async () => {
  const outcome = await sluice(['apps'], { ...alice, SLUICE_HOST: 'ssh://sluice@127.0.0.1:1' });
  expect(outcome.code, outcome.stderr).toBe(3);
  expect(outcome.stderr).toContain(' !     ssh://sluice@127.0.0.1:1 refuses connections on that port\n');
});

test('doctor reads what ssh makes of its config: key, known hosts, and the platform behind them', async () => {
  platform.api.on('doctor', () => ({ checks: [] }));
  // The first connection accepts the host key.
  await sluice(['apps'], alice);
  const { code, stdout } = await sluice(['doctor'], alice);
  const known = `[127.0.0.1]:${platform.port}`;
  expect(code).toBe(0);
  expect(stdout).toContain(`ok\tssh key\t${platform.publicKeyFile.replace('.pub', '')}\t\n`);
  expect(stdout).toContain(`ok\tknown_hosts\t${known} in `);
  expect(stdout).toContain('ok\tplatform\tanswers\t\n');
  const other = await sluice(['doctor', '--json'], { ...alice, SLUICE_HOST: 'ssh://sluice@127.0.0.1:1' });
  expect(other.code, other.stderr).toBe(1);
  expect(JSON.parse(other.stdout)).toMatchObject({
    checks: [
      { name: 'git', ok: true },
      { name: 'platform address', ok: true },
      { name: 'ssh', ok: true },
      { name: 'ssh key', ok: true },
      { name: 'known_hosts', ok: false, fix: 'ssh -T ssh://sluice@127.0.0.1:1' },
      { name: 'platform', ok: false },
    ],
  });
});

test('no ssh on this machine: exit 3, and how to mend it', async () => {
  const outcome = await sluice(['apps'], { ...alice, SLUICE_SSH: '/nonexistent/ssh' });
  expect(outcome.code, outcome.stderr).toBe(3);
  expect(outcome.stderr).toContain('"/nonexistent/ssh" was not found');
});

test('a server that is down behind its SSH front counts as not reached', async () => {
  const alone = await startSshPlatform();
  const settings = { SLUICE_HOST: `ssh://sluice@127.0.0.1:${alone.port}`, SLUICE_SSH: alone.ssh };
  alone.api.on('listApps', (_, response) => void response.socket?.destroy());
  const outcome = await sluice(['apps'], settings);
  await alone.stop();
  expect(outcome.code, outcome.stderr).toBe(3);
});

test('a log goes on at its byte when ssh is killed in the middle', async () => {
  const { ssh, pids } = await countedSsh();
  const log = Buffer.from('-----> Testing\n       ünï 1 ok\n-----> Building\n=====> done\n');
  // In the middle of a letter of two bytes.
  const cut = log.indexOf('ï') + 1;
  const cutInText = log.toString().indexOf('ï');
  let killed: Promise<number> | undefined;
  const offsets: number[] = [];
  platform.api
    .on('getBuild', () => build)
    .on('getRelease', () => ({ ...releaseDetail, ...release }))
    .on('getBuildLog', ({ query }, response) => {
      const offset = Number(query['offset']);
      offsets.push(offset);
      response.writeHead(200, { 'content-type': 'text/plain' });
      if (offset > 0) {
        response.end(log.subarray(offset));
        return;
      }
      response.write(log.subarray(0, cut));
      killed = pids().then(([first = 0]) => first);
    });
  const child = start(['builds:log', '41', '-f', '-a', 'hello'], { ...alice, SLUICE_SSH: ssh });
  const closed = once(child, 'close') as Promise<[number]>;
  const stderr = text(child.stderr);
  let stdout = '';
  for await (const piece of child.stdout.setEncoding('utf8') as AsyncIterable<string>) {
    stdout += piece;
    // The half letter came, too, and waits in the command for its other half.
    if (killed !== undefined && stdout.length === cutInText) {
      process.kill(await killed);
      killed = undefined;
    }
  }
  const [code] = await closed;
  expect({ code, stdout, stderr: await stderr }).toEqual({
    code: 0,
    stdout: `${log.toString()}=====> v12 is live: http://hello.localhost:8000\n       Undo: sluice rollback -a hello\n`,
    stderr: '-----> The connection was lost; going on where it broke\n',
  });
  expect(offsets).toEqual([0, cut]);
  expect(await pids()).toHaveLength(2);
});

test('a reader that has enough ends a command quietly', async () => {
  const items = Array.from({ length: 5_000 }, (_, at) => ({ ...app, domains: [`d${at}.example.com`] }));
  platform.api.on('listApps', () => ({ items }));
  const main = join(import.meta.dirname, '../../../cli/main.ts');
  const child = spawn('sh', ['-c', '"$0" "$1" apps --json | head -n 1', process.execPath, main], {
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...alice },
  });
  expect(await Promise.all([text(child.stdout), text(child.stderr)])).toEqual(['[\n', '']);
});
