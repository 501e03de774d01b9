import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Queue } from 'bullmq';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BUILD_QUEUE } from '../../../core/contracts/queue.ts';
import { type DataPaths, dataPaths } from '../../../core/paths.ts';
import { must } from '../../support/command.ts';
import { abandonedFiles } from '../../support/invariants/look/abandoned.ts';
import { queuedJobs } from '../../support/invariants/look/queue.ts';
import { repositoryFacts } from '../../support/invariants/look/repository.ts';

let folder: string;
let paths: DataPaths;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sl-'));
  paths = dataPaths(folder);
  await mkdir(paths.run, { recursive: true });
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** @throws when Redis cannot be reached */
async function inRedis(work: () => Promise<void>): Promise<void> {
  const redis = spawn('redis-server', ['--port', '0', '--unixsocket', paths.redisSocket, '--save', ''], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(redis, 'exit');
  try {
    for await (const line of redis.stdout) if (String(line).includes('ready to accept')) break;
    redis.stdout.resume();
    await work();
  } finally {
    redis.kill('SIGKILL');
    await ended;
  }
}

test('a message in the queue is seen, with its state and for how long', async () => {
  await inRedis(async () => {
    const queue = new Queue(BUILD_QUEUE, { connection: { path: paths.redisSocket }, skipVersionCheck: true });
    expect(await queuedJobs(paths)).toEqual([]);
    await queue.add('build', { buildId: 'b1', attempt: 2 }, { jobId: 'b1-2-1.0' });
    expect(await queuedJobs(paths)).toEqual([{ build: 'b1', attempt: 2, state: 'wait', seconds: 0 }]);
    const [job] = await queuedJobs(paths);
    expect(job?.seconds).toBeGreaterThan(0);
    await queue.close();
  });
});

test.each(['HEAD', 'packed-refs', 'index', 'shallow', 'config', 'refs/heads/main', 'refs/sluice/builds/b1'])(
  'the lock of %s is seen in a repository',
  async (name) => {
    const app = { id: 'a1', deployBranch: 'main' } as Parameters<typeof repositoryFacts>[1];
    const repository = `${paths.repositories}/a1.git`;
    await must('git', ['init', '-q', '--bare', repository]);
    expect((await repositoryFacts(paths, app)).locks).toEqual([]);
    const lock = `${repository}/${name}.lock`;
    await mkdir(dirname(lock), { recursive: true });
    await writeFile(lock, '');
    expect((await repositoryFacts(paths, app)).locks).toEqual([lock]);
  },
);

test('a pid file is left behind once its process is gone, and that of a collector when another has its number', async () => {
  const mine = `${paths.run}/mine.pid`;
  await writeFile(mine, `${process.pid} 12345\n`);
  expect(await abandonedFiles(paths)).toEqual([]);
  const child = spawn('true');
  await once(child, 'exit');
  await writeFile(mine, `${child.pid}\n`);
  expect(await abandonedFiles(paths)).toEqual([`${mine}, the pid file of a process that is gone`]);
  await rm(mine);
  const collector = `${paths.repositories}/a1.git/gc.pid`;
  await mkdir(dirname(collector), { recursive: true });
  await writeFile(collector, `${process.pid} here`);
  expect(await abandonedFiles(paths)).toEqual([`${collector}, the pid file of a process that is gone`]);
});

test('a socket is left behind once nobody listens on it', async () => {
  const file = `${paths.run}/some.sock`;
  const server = await listening(file);
  expect(await abandonedFiles(paths)).toEqual([]);
  await must('cp', ['-a', file, `${file}.kept`]);
  server.close();
  await once(server, 'close');
  expect(await abandonedFiles(paths)).toEqual([`${file}.kept, a socket that nobody listens on`]);
});

test('a lock beside the repositories is seen', async () => {
  const lock = `${paths.submodules}/x.git/shallow.lock`;
  await mkdir(dirname(lock), { recursive: true });
  await writeFile(lock, '');
  expect(await abandonedFiles(paths)).toEqual([`${lock}, a lock file`]);
});

async function listening(file: string): Promise<Server> {
  const server = createServer((line) => line.end()).listen(file);
  await once(server, 'listening');
  return server;
}
