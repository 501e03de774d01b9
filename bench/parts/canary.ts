import { setTimeout as pause } from 'node:timers/promises';
import { takenBackAfter } from '../fleet/bad-canary.ts';
import { FleetRig } from '../fleet/fleet-rig.ts';
import { processorTime } from '../processor-time.ts';
import { report } from '../report.ts';

const APPS = 1_000;
/** Each in an app of its own, which nobody else visits. */
const BAD = 15;
const VISITED = APPS - BAD;
/** Requests a second, of all visited apps together. */
const RATE = 1_000;
const WATCHED_MS = 30_000;
/** For what a start, or the phase before, has left to be done, in milliseconds. */
const SETTLE_MS = { start: 15_000, phase: 5_000 };

/** Very many canaries at once: what watching them costs, and how soon a bad one among them is taken back. */
export async function canary(): Promise<void> {
  report.title(`${APPS} canaries at once, looked at each second`);
  report.line(
    '   real: server, journal, router, HAProxy; in place of containers one HAProxy that answers at once',
  );
  const began = performance.now();
  const rig = await FleetRig.start(APPS);
  try {
    report.line(`   all under watch after ${((performance.now() - began) / 1_000).toFixed(1)} s`);
    await pause(SETTLE_MS.start);
    await cost(rig, 'no visitors: probes to all');
    rig.visit(VISITED, RATE);
    await cost(rig, `${RATE} requests/s over all, and probes`);
    rig.order({ minRequests: 0 });
    await cost(rig, `${RATE} requests/s over all, no probes`);
    report.goal('server <= 10 % of a core');
    await takenBack(rig);
  } finally {
    await rig.stop();
  }
}

async function cost(rig: FleetRig, phase: string): Promise<void> {
  await pause(SETTLE_MS.phase);
  const pids = { server: rig.server.pid ?? 0, router: rig.router.router?.pid ?? 0, haproxy: rig.haproxyPid };
  const used = async (): Promise<number[]> => Promise.all(Object.values(pids).map(processorTime));
  const [before, told, began] = [await used(), rig.told, performance.now()];
  await pause(WATCHED_MS);
  const after = await used();
  const seconds = (performance.now() - began) / 1_000;
  const { looks, probes, transactions } = rig.told;
  report.line(`   ${phase}, ${seconds.toFixed(0)} s:`);
  for (const [index, part] of Object.keys(pids).entries()) {
    const share = ((after[index] ?? 0) - (before[index] ?? 0)) / seconds;
    report.line(`      ${part.padEnd(8)} ${(share * 100).toFixed(1).padStart(6)} % of a core`);
  }
  const each = (now: number, then: number): string => ((now - then) / seconds).toFixed(1);
  report.line(
    `      a second: ${each(looks, told.looks)} looks, ${each(probes, told.probes)} probes, ${each(transactions, told.transactions)} transactions`,
  );
}

async function takenBack(rig: FleetRig): Promise<void> {
  report.title('a bad canary among them, from the evidence to no request');
  report.line(
    '   evidence: the first failed answer after which the decision, asked about all answers so far, is to take it back',
  );
  const times: number[] = [];
  const failed: number[] = [];
  for (let round = 0; round < BAD; round++) {
    // Anywhere between two looks.
    await pause(Math.random() * 1_000);
    const taken = await takenBackAfter(rig, VISITED + round);
    times.push(taken.ms);
    failed.push(taken.failed);
  }
  report.values('evidence to weight 0 in HAProxy', times, 'ms');
  report.values('failed answers until then', failed, '');
  report.goal('<= 1,500 ms');
}
