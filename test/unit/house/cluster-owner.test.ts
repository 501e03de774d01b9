import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const SCRIPTS = resolve(import.meta.dirname, '../../../scripts/lib');

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'sluice-cluster-owner-'));
  await mkdir(join(cache, 'cluster/run/pids'), { recursive: true });
});
afterEach(async () => {
  await rm(cache, { recursive: true });
});

/** What `refuse_others` says and does; nothing of this machine is taken away by it. */
async function refuseOthers(): Promise<{ status: number; said: string }> {
  const script = `set -euo pipefail; . "$0/load.sh"; . "$0/cluster/cluster.sh"
    BRIDGE=sluice-none; take_away() { echo "taken away: $CLUSTER"; }
    refuse_others; echo "goes on with $CLUSTER"`;
  return new Promise((settle) => {
    const env = { ...process.env, SLUICE_CACHE: cache };
    execFile('bash', ['-c', script, SCRIPTS], { env }, (error, stdout, stderr) => {
      settle({ status: error === null ? 0 : Number(error.code), said: stdout + stderr });
    });
  });
}

/** As `record_process` writes it down. */
async function recordEtcd(pid: number): Promise<void> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8');
  const started = stat.slice(stat.lastIndexOf(') ') + 2).split(' ')[19];
  await writeFile(join(cache, 'cluster/run/pids/etcd.pid'), `${String(pid)} ${String(started)}\n`);
}

test('a cluster of another checkout that runs is left alone, with how to end it; of one that is gone it is taken over', async () => {
  const elsewhere = join(cache, 'elsewhere');
  await writeFile(join(cache, 'cluster/run/owner'), `${elsewhere}\n`);
  const etcd = spawn('sleep', ['60']);
  try {
    await recordEtcd(etcd.pid as number);
    expect(await refuseOthers()).toEqual({ status: 0, said: `goes on with ${cache}/cluster/run\n` });
    await mkdir(join(elsewhere, 'scripts'), { recursive: true });
    await cp(join(SCRIPTS, '../cluster'), join(elsewhere, 'scripts/cluster'));
    const { status, said } = await refuseOthers();
    expect(status).not.toBe(0);
    expect(said).toContain(`the cluster on this machine is that of ${elsewhere}`);
    expect(said).toContain(`SLUICE_CACHE=${cache} ${elsewhere}/scripts/cluster down`);
    expect(said).not.toContain('taken away');
  } finally {
    etcd.kill('SIGKILL');
  }
});

test('what another checkout has left of a dead one is taken away', async () => {
  await writeFile(join(cache, 'cluster/run/owner'), '/elsewhere\n');
  await writeFile(join(cache, 'cluster/run/pids/etcd.pid'), '1 1\n');
  const { status, said } = await refuseOthers();
  expect(said).toContain(`taken away: ${cache}/cluster/run\ngoes on with ${cache}/cluster/run\n`);
  expect(status).toBe(0);
});

test('of its own, whether it runs or not, a checkout takes nothing away', async () => {
  await writeFile(join(cache, 'cluster/run/owner'), `${resolve(SCRIPTS, '../..')}\n`);
  expect(await refuseOthers()).toEqual({ status: 0, said: `goes on with ${cache}/cluster/run\n` });
});
