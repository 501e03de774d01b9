import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Fault } from './fault.ts';

const PATIENCE_MS = 60_000;

/** Somebody starts another server on the same data folder. */
export const secondServer: Fault = {
  name: 'second server',
  harmsVisitors: false,
  sparesRollbacks: true,
  lastsMs: [0, 0],
  async strike(world) {
    const { program, args, env } = world.platform.commandOf('server');
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    }
    const ended = once(child, 'close', { signal: AbortSignal.timeout(PATIENCE_MS) });
    const code = await ended.then(
      ([status]) => (status as number | null) ?? 137,
      () => undefined,
    );
    if (code === undefined) child.kill('SIGKILL');
    world.record.secondServers.push({ code, output });
  },
  mend: async () => undefined,
};
