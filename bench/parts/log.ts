import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { LINES, lineBlocks } from '../lines.ts';
import { report } from '../report.ts';
import { Rig } from '../rig.ts';

const ROUNDS = 3;

/** A million log lines through builder, server and front to `git push`, against a hook that prints them behind OpenSSH. */
export async function log(): Promise<void> {
  report.title(`log lines to the pusher, ${LINES.toLocaleString('en-US')} lines, ${ROUNDS} pairs`);
  const rig = await Rig.start();
  let builder: ReturnType<typeof spawn> | undefined;
  try {
    await rig.describe();
    const { path, bare } = await rig.repository('bench', { Dockerfile: 'FROM busybox:1\n' });
    await printingHook(rig, bare);
    await rig.platform.kill('builder', 'SIGTERM');
    builder = spawn(process.execPath, [join(import.meta.dirname, '../lines-builder.ts')], {
      env: { ...rig.platform.env, SLUICE_BUILDER_NAME: 'lines' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (builder.stdout) await once(builder.stdout, 'data');
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await linesASecond(rig, path, 'platform'));
      theirs.push(await linesASecond(rig, path, 'openssh'));
    }
    report.line('   by hand: a pre-receive hook that prints the same lines with `cat`');
    report.pairs(ours, theirs, 'lines/s', '>= 350,000 lines/s');
  } finally {
    if (builder && builder.exitCode === null) {
      const exited = once(builder, 'exit');
      builder.kill('SIGKILL');
      await exited;
    }
    await rig.stop();
  }
}

async function printingHook(rig: Rig, bare: string): Promise<void> {
  const file = join(rig.platform.folder, 'lines');
  const stream = createWriteStream(file);
  for (const block of lineBlocks()) if (!stream.write(block)) await once(stream, 'drain');
  stream.end();
  await finished(stream);
  const hook = join(bare, 'hooks', 'pre-receive');
  await mkdir(join(bare, 'hooks'), { recursive: true });
  await writeFile(hook, `#!/bin/sh\ncat ${file} >&2\nexit 1\n`);
  await chmod(hook, 0o755);
}

/** From the first line that git shows to the last. @throws when not all of them came */
async function linesASecond(rig: Rig, cwd: string, remote: string): Promise<number> {
  const git = spawn('git', ['push', '-q', remote, 'main'], {
    cwd,
    env: rig.clientEnv(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let lines = 0;
  let first: number | undefined;
  let last = 0;
  for await (const chunk of git.stderr as AsyncIterable<Buffer>) {
    const found = occurrences(chunk, 0x0a);
    if (found > 0) last = performance.now();
    first ??= last;
    lines += found;
  }
  if (lines < LINES) throw new Error(`only ${lines} lines came from ${remote}`);
  return (LINES / (last - (first ?? last))) * 1_000;
}

function occurrences(bytes: Buffer, value: number): number {
  let count = 0;
  for (let at = bytes.indexOf(value); at >= 0; at = bytes.indexOf(value, at + 1)) count += 1;
  return count;
}
