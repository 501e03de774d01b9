import { cpus, release, totalmem } from 'node:os';
import { run } from '../test/support/command.ts';
import { canary } from './parts/canary.ts';
import { cluster } from './parts/cluster.ts';
import { clusterMemory } from './parts/cluster-memory.ts';
import { hooks } from './parts/hooks.ts';
import { journal } from './parts/journal.ts';
import { live } from './parts/live.ts';
import { log } from './parts/log.ts';
import { memory } from './parts/memory.ts';
import { push } from './parts/push.ts';
import { redaction } from './parts/redaction.ts';
import { router } from './parts/router.ts';
import { throughput } from './parts/throughput.ts';
import { report } from './report.ts';
import { Rig } from './rig.ts';

const PARTS = {
  push,
  live,
  journal,
  hooks,
  memory,
  throughput,
  log,
  router,
  canary,
  redaction,
  cluster,
  'cluster-memory': clusterMemory,
};
type Name = keyof typeof PARTS;

const flags = new Set(process.argv.slice(2).filter((word) => word.startsWith('--')));
const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const unknown = words.filter((word) => !Object.hasOwn(PARTS, word));
if (unknown.length > 0) {
  process.stderr.write(
    ` !     no such part: ${unknown.join(' ')}; there are ${Object.keys(PARTS).join(' ')}\n`,
  );
  process.exit(2);
}

/** What a part then says about its missing platform is no news, and must not end the tidying. */
let interrupted = false;
process.on('uncaughtException', (error) => {
  if (interrupted) return;
  process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exit(1);
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    interrupted = true;
    void Rig.stopAll().finally(() => process.exit(130));
  });
}

report.line(
  `# Sluice beside what it is measured against (ours first; ratios are ours / theirs, pair by pair)`,
);
await machine();
for (const name of words.length > 0 ? (words as Name[]) : (Object.keys(PARTS) as Name[])) {
  await PARTS[name](flags);
}

async function machine(): Promise<void> {
  const processors = cpus();
  report.line(
    `   ${processors.length} x ${processors[0]?.model ?? 'unknown processor'}, ${(totalmem() / 1e9).toFixed(0)} GB, Linux ${release()}, node ${process.version}`,
  );
  const versions = [
    ['git', '--version'],
    ['ssh', '-V'],
    ['haproxy', '-v'],
    ['redis-server', '--version'],
    ['docker', '--version'],
    ['wrk', '--version'],
  ];
  for (const [program = '', ...args] of versions) {
    const { output } = await run(program, args);
    report.line(`   ${output.split('\n')[0]?.trim() ?? ''}`);
  }
}
