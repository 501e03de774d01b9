import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { auditLog } from '../../test/support/audit-log.ts';
import { ChartInstallation } from '../../test/support/chart.ts';
import { testSettings } from '../../test/support/settings.ts';
import { ByHandInCluster } from '../by-hand-cluster.ts';
import { untilServed } from '../poll.ts';
import { report } from '../report.ts';

const ROUNDS = 8;
const EXAMPLE = join(import.meta.dirname, '..', '..', 'examples', 'hello-static');
/** Milliseconds for what follows a push: the release before it is taken away. */
const SETTLED_MS = 5_000;
/** Lines of a push that begin a stage. */
const STAGES = ['Build ', 'Testing', 'Building image', 'Release '];

/** A changed file until visitors see it, in a cluster: `git push` against `buildctl build` and `kubectl set image`. */
export async function cluster(): Promise<void> {
  report.title(`push to live of hello-static in a cluster, ${ROUNDS} pairs`);
  if (testSettings.clusterKubeconfig === undefined) {
    report.line('   not run: it needs a cluster; see docs/development/benchmarks.md');
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), 'sl-bench-'));
  const sluice = new ChartInstallation();
  const hand = new ByHandInCluster();
  try {
    await cp(EXAMPLE, folder, { recursive: true });
    await Promise.all([sluice.start(), hand.start(folder)]);
    const path = await sluice.app('bench', 'hello-static');
    const page = await readFile(join(EXAMPLE, 'public/index.html'), 'utf8');
    hand.argv(folder).forEach((argv) => report.argv('by hand', argv));
    report.argv('sluice', ['git', 'push', 'platform', 'main']);
    const ours: number[] = [];
    const theirs: number[] = [];
    const untested: number[] = [];
    const said: number[] = [];
    const stages = new Map<string, number[]>();
    for (let round = -2; round < ROUNDS; round++) {
      const mark = randomUUID();
      const changed = page.replace('</body>', `<!-- ${mark} --></body>`);
      await sluice.commit(path, { 'public/index.html': changed, 'sluice.yaml': 'canary: off\n' });
      const began = performance.now();
      const [served, push] = await Promise.all([
        untilServed(80, 'bench.localhost', mark, sluice.routerAddress),
        timedPush(path, sluice.personEnv()),
      ]);
      await writeFile(join(folder, 'public/index.html'), changed.replace(mark, `${mark}-by-hand`));
      const beganByHand = performance.now();
      const [servedByHand, [test = 0, ...rest]] = await Promise.all([
        untilServed(80, 'site', `${mark}-by-hand`, hand.address),
        hand.deploy(folder),
      ]);
      if (round < 0) continue;
      ours.push(served - began);
      theirs.push(servedByHand - beganByHand);
      untested.push(servedByHand - beganByHand - test);
      said.push(test + rest.reduce((sum, ms) => sum + ms, 0));
      for (const [stage, ms] of push) stages.set(stage, [...(stages.get(stage) ?? []), ms]);
    }
    report.pairs(ours, theirs, 'ms', '<= 2.5x');
    report.pairs(ours, untested, 'ms', '<= 2.5x (by hand without the tests)');
    report.values('by hand, until it has said so', said, 'ms');
    report.line('   a push, from its start and from each of its lines to the next:');
    for (const [stage, values] of stages) report.values(`   ${stage}`, values, 'ms');
    await sluice.commit(path, { 'public/index.html': `${page} ${randomUUID()}` });
    await countRequests(sluice, () => timedPush(path, sluice.personEnv()));
  } finally {
    await Promise.all([hand.stop(), sluice[Symbol.asyncDispose]()]);
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the parts ask of the API server for one push, by its audit log. */
async function countRequests(sluice: ChartInstallation, push: () => Promise<unknown>): Promise<void> {
  if (testSettings.clusterAuditLog === '') {
    report.line('   requests to the API server: not counted, as its audit log is not known');
    return;
  }
  const before = new Set((await auditLog()).map(({ auditID }) => auditID));
  await push();
  await pause(SETTLED_MS);
  const account = `system:serviceaccount:${sluice.namespace}:sluice-`;
  const asked = new Map<string, string>();
  for (const { auditID, user, verb, objectRef } of await auditLog()) {
    if (before.has(auditID) || !user.username.startsWith(account)) continue;
    asked.set(auditID, `${user.username.slice(account.length)} ${verb} ${objectRef?.resource ?? ''}`);
  }
  report.line(
    `   requests to the API server for a push, and ${SETTLED_MS / 1_000} s after it: ${asked.size}`,
  );
  const kinds = Object.entries(Object.groupBy(asked.values(), (one) => one));
  for (const [what, ids = []] of kinds.toSorted(([a], [b]) => a.localeCompare(b))) {
    report.line(`   ${String(ids.length).padStart(6)}  ${what}`);
  }
}

/** Milliseconds from each stage's line to the next, as git shows them. */
async function timedPush(cwd: string, env: NodeJS.ProcessEnv): Promise<[string, number][]> {
  const began = performance.now();
  const lines: [string, number][] = [['git, until the build is queued', began]];
  const output: string[] = [];
  const git = spawn('git', ['push', 'platform', 'main'], { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
  const closed = once(git, 'close');
  for await (const line of createInterface({ input: git.stderr })) {
    output.push(line);
    const stage = STAGES.find((one) => line.includes(`-----> ${one}`));
    if (stage !== undefined && !lines.some(([name]) => name === stage))
      lines.push([stage, performance.now()]);
  }
  await closed;
  if (git.exitCode !== 0) throw new Error(`git push ended with ${git.exitCode}:\n${output.join('\n')}`);
  lines.push(['', performance.now()]);
  return lines.slice(0, -1).map(([name, at], index) => [name.trim(), (lines[index + 1]?.[1] ?? at) - at]);
}
