import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { Rig, until } from './support/rig.ts';

let rig: Rig;
afterEach(() => rig.stop());

/** Processes of this machine whose command line names the rig's folder. */
function processesOf(folder: string, command: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return line.includes(folder) && line.includes(command);
      } catch {
        return false;
      }
    });
}

/** Folders that git keeps the objects of a push in until they are let in. */
function quarantinesIn(repository: string): string[] {
  return readdirSync(join(repository, 'objects')).filter((name) => /^(?:tmp_objdir|incoming)/.test(name));
}

const MEGABYTES = 64;

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

test('a silent build shows that it goes on', async () => {
  rig = await Rig.start({ quietMs: 100 });
  const push = rig.clone('a').startPush('main');
  await push.sees('… still testing (0 s)');
  const [build] = rig.server.builds;
  build?.say('half a line');
  await push.sees('half a line');
  if (build !== undefined) rig.server.makeLive(build);
  expect(await push.exited).toBe(0);
});

test('a stalled reader holds the log back: nothing is read ahead of it', async () => {
  rig = await Rig.start();
  const clone = rig.clone('a');
  const push = clone.startPush('main');
  await push.sees('-----> Build 1');
  const [build] = rig.server.builds;
  push.signal('SIGSTOP');
  const before = process.memoryUsage.rss();
  const megabyte = 'a line of a log that is as long as they often are, more or less\n'.repeat(16_384);
  let sent = 0;
  for (let i = 0; i < MEGABYTES; i += 1) {
    build?.say(megabyte);
    sent += megabyte.length;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const log = build?.length ?? 0;
  expect(log).toBeGreaterThan(sent);
  // The log itself is in this process too; what comes on top of it is the front's.
  expect(process.memoryUsage.rss() - before - log).toBeLessThan(20 * 1024 * 1024);
  push.signal('SIGCONT');
  if (build !== undefined) rig.server.makeLive(build);
  expect(await push.exited).toBe(0);
  expect(push.text.split('remote: a line of a log').length - 1).toBe(MEGABYTES * 16_384);
});

test('a client that leaves at any moment leaves no process, descriptor or quarantine behind', async () => {
  rig = await Rig.start();
  const clone = rig.clone('a');
  const first = clone.startPush('main');
  await first.sees('-----> Build 1');
  const { repository } = rig.app;
  await until(() => processesOf(repository, 'receive-pack').length > 0, 'git runs');
  const held = openDescriptors();
  first.signal('SIGKILL');
  await first.exited;
  await until(() => processesOf(repository, 'receive-pack').length === 0, 'git has ended');
  await until(() => openDescriptors() < held, 'its descriptors are closed');

  // In the middle of a pack that never ends.
  const child = rig.ssh([`git-receive-pack 'hello'`]);
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('ssh has no pipes');
  await once(stdout, 'data');
  const zeros = '0'.repeat(40);
  const command = `${zeros} ${clone.git('rev-parse', 'HEAD')} refs/heads/main\0report-status side-band-64k\n`;
  // Of a pack the whole head, version 2 with 100 objects: before that git makes no quarantine.
  const head = 'PACK\0\0\0\x02\0\0\0\x64';
  stdin.write(`${(command.length + 4).toString(16).padStart(4, '0')}${command}0000${head}`, 'latin1');
  await until(() => quarantinesIn(repository).length > 0, 'git has a quarantine');
  expect(processesOf(repository, 'receive-pack')).not.toEqual([]);
  child.kill('SIGKILL');
  await until(() => processesOf(repository, 'receive-pack').length === 0, 'git has ended again');
  expect(quarantinesIn(repository)).toEqual([]);
});

/** A front as a process of its own, on the rig's data folder. */
async function startFront(dataDir: string): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, ['server/git/main.ts'], {
    env: {
      PATH: process.env['PATH'],
      SLUICE_DATA_DIR: dataDir,
      SLUICE_SSH_PORT: '0',
      SLUICE_SSH_BIND: '127.0.0.1',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout?.on('data', (chunk) => (text += String(chunk)));
  await until(() => /"port":\d+/.test(text), 'the front listens');
  return { child, port: Number(/"port":(\d+)/.exec(text)?.[1]) };
}

test.each([
  ['SIGKILL', 2_000],
  ['SIGTERM', 8_000],
] as const)(
  'a front that ends by %s ends its git processes, and the same push attaches',
  async (signal, within) => {
    rig = await Rig.start();
    const front = await startFront(join(rig.folder, 'data'));
    const clone = rig.clone('a');
    const ownPort = rig.port;
    rig.port = front.port;
    const push = clone.startPush('main');
    await push.sees('-----> Build 1');
    front.child.kill(signal);
    expect(await push.exited).toBe(128);
    await until(
      () => front.child.exitCode !== null || front.child.signalCode !== null,
      'the front has ended',
      within,
    );
    await until(() => processesOf(rig.app.repository, 'receive-pack').length === 0, 'git has ended');
    rig.port = ownPort;
    const again = clone.startPush('main');
    await again.sees('Attached to build 1');
    const [build] = rig.server.builds;
    if (build !== undefined) rig.server.makeLive(build);
    expect(await again.exited).toBe(0);
  },
);
