import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

const lib = path.resolve(import.meta.dirname, '../../../scripts/lib');
let folder: string;
let supervisor: ChildProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-supervise-'));
});
afterEach(async () => {
  supervisor?.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

const partPid = () => Number(readFileSync(path.join(folder, 'part.pid'), 'utf8').split(' ')[0]);
const runs = (pid: number) => existsSync(`/proc/${pid}`);

function supervise(...command: string[]): ChildProcess {
  supervisor = spawn(path.join(lib, 'supervise.sh'), ['part', folder, path.join(folder, 'log'), ...command]);
  return supervisor;
}

test('a part that is killed is started again, and its death is in the log', async () => {
  supervise('sleep', '1000');
  const first = await vi.waitFor(partPid, 5000);
  process.kill(first, 'SIGKILL');
  const second = await vi.waitFor(() => {
    const pid = partPid();
    expect(pid).not.toBe(first);
    return pid;
  }, 5000);
  expect(runs(second)).toBe(true);
  expect(readFileSync(path.join(folder, 'log'), 'utf8')).toContain('part ended with status 137');
  supervisor?.kill('SIGTERM');
  await vi.waitFor(() => expect(runs(second)).toBe(false), 5000);
});

test('TERM ends the part, then the supervisor, and no pid file is left', async () => {
  const running = supervise('sleep', '1000');
  const pid = await vi.waitFor(partPid, 5000);
  const ended = once(running, 'exit');
  running.kill('SIGTERM');
  await ended;
  expect(runs(pid)).toBe(false);
  expect(existsSync(path.join(folder, 'part.pid'))).toBe(false);
});

/** What `function argument…` of process.sh prints. */
const processShell = (...call: string[]) =>
  execFileSync('bash', ['-c', `. "$0"/process.sh; "$@"`, lib, ...call], { encoding: 'utf8' }).trim();

test('a recorded number that belongs to another process by now is nobody, and is not stopped', async () => {
  const file = path.join(folder, 'record');
  const stranger = spawn('sleep', ['1000']);
  const pid = stranger.pid ?? 0;
  processShell('record_process', file, String(pid));
  expect(processShell('recorded_pid', file)).toBe(String(pid));
  await writeFile(file, `${pid} 1\n`);
  expect(processShell('recorded_pid', file)).toBe('');
  processShell('stop_recorded', file, '1');
  expect(runs(pid)).toBe(true);
  stranger.kill('SIGKILL');
});
