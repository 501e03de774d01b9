import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { must } from '../../test/support/command.ts';
import { type Part, PARTS } from '../../test/support/parts.ts';
import { tinyApp } from '../../test/support/tiny-app.ts';
import { report } from '../report.ts';
import { family, peak, resetPeak, resident } from '../resident.ts';
import { Rig } from '../rig.ts';

const APPS = ['one', 'two', 'three'];
const REST_MS = 10_000;
const ROUNDS = 2;
const FILES = 40;
const FILE_BYTES = 5_000_000;
const NODE_PARTS: readonly Part[] = ['router', 'server', 'git', 'builder'];

/** What all parts hold at rest, and the SSH front while 200 MB arrive. */
export async function memory(): Promise<void> {
  report.title('resident memory (MB = 10^6 bytes)');
  const rig = await Rig.start();
  try {
    for (const app of APPS) {
      const { path } = await rig.repository(app, tinyApp(app));
      await rig.push(path, ['push', '-q', 'platform', 'main']);
    }
    await pause(REST_MS);
    await atRest(rig, `${REST_MS / 1_000} s after ${APPS.length} apps were built and went live`);
    for (const part of NODE_PARTS) await rig.platform.restart(part);
    await rig.platform.ready();
    await pause(REST_MS);
    await atRest(rig, `${REST_MS / 1_000} s after a restart of all parts with ${APPS.length} apps`);
    await bigPush(rig);
  } finally {
    await rig.stop();
  }
}

async function atRest({ platform }: Rig, when: string): Promise<void> {
  report.line(`   at rest, ${when}:`);
  const haproxy = await platform.haproxyPid();
  const pids = new Map<string, number[]>([['haproxy', await family(haproxy)]]);
  for (const part of PARTS) {
    const all = await family(platform.pid(part) ?? 0);
    pids.set(
      part,
      all.filter((pid) => !pids.get('haproxy')?.includes(pid)),
    );
  }
  let rss = 0;
  let pss = 0;
  for (const [part, all] of pids) {
    const each = await Promise.all(all.map(resident));
    const sum = { rss: each.reduce((a, b) => a + b.rss, 0), pss: each.reduce((a, b) => a + b.pss, 0) };
    report.line(
      `      ${part.padEnd(10)} VmRSS ${sum.rss.toFixed(1).padStart(6)}   PSS ${sum.pss.toFixed(1).padStart(6)}`,
    );
    rss += sum.rss;
    pss += sum.pss;
  }
  report.line(
    `      ${'all'.padEnd(10)} VmRSS ${rss.toFixed(1).padStart(6)}   PSS ${pss.toFixed(1).padStart(6)}`,
  );
  report.goal('<= 250 MB');
}

async function bigPush(rig: Rig): Promise<void> {
  report.title(`${(FILES * FILE_BYTES) / 1e6} MB push against OpenSSH, ${ROUNDS} pairs`);
  await rig.describe();
  await rig.platform.kill('builder', 'SIGTERM');
  const front = rig.platform.pid('git') ?? 0;
  const ours: number[] = [];
  const theirs: number[] = [];
  const peaks: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { path, bare } = await rig.repository(`big-${round}`, { Dockerfile: 'FROM busybox:1\n' });
    // Random bytes do not get smaller; without trying, the client is not what is measured.
    await must('git', ['config', 'core.compression', '0'], { cwd: path });
    await mkdir(join(path, 'data'));
    for (let file = 0; file < FILES; file++) {
      await writeFile(join(path, 'data', `${file}.bin`), randomBytes(FILE_BYTES));
    }
    await rig.platform.commit(path, {});
    await resetPeak(front);
    const argv = ['push', '-q', '-o', 'detach'];
    ours.push(await rig.push(path, [...argv, 'platform', 'main']));
    peaks.push(await peak(front));
    theirs.push(await rig.push(path, [...argv, 'openssh', 'main']));
    await rig.openSsh.dropRepository(bare);
  }
  report.argv('both', ['git', 'push', '-q', '-o', 'detach', 'platform | openssh', 'main']);
  report.pairs(ours, theirs, 'ms', '<= 0.95x');
  report.values('SSH front, VmHWM', peaks, 'MB');
  report.goal('< 200 MB');
}
