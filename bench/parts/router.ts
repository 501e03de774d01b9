import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { release, RouterRig, routeOf } from '../../test/e2e/router/rig.ts';
import { freePorts } from '../../test/support/ports.ts';
import { Haproxy } from '../haproxy.ts';
import { processorTime } from '../processor-time.ts';
import { report } from '../report.ts';
import { wrk, wrkArgv, type WrkReport } from '../wrk.ts';

const ROUNDS = 6;
const SECONDS = 2;
const CONNECTIONS = 32;
/** Parts of 10,000. */
const SHARE = 500;
const CHANGES = 200;
/** Between two changes of weight, in milliseconds. */
const CHANGE_EVERY_MS = 25;
/** What one takes on a busy machine: the load must not end before the last of them. */
const LONG_CHANGE_MS = 100;

const BACKENDS = (ports: Ports): string => `\
defaults
  mode http
  timeout client 1m
frontend v1
  bind 127.0.0.1:${ports.v1}
  http-request return status 200 content-type text/plain string v1
frontend v2
  bind 127.0.0.1:${ports.v2}
  http-request return status 200 content-type text/plain string v2
`;

const BY_HAND = (ports: Ports): string => `\
defaults
  mode http
  timeout connect 3s
  timeout client 5m
  timeout server 5m
frontend web
  bind 127.0.0.1:${ports.byHand}
  option forwardfor
  use_backend whole if { hdr(host) -i whole.localhost }
  use_backend split if { hdr(host) -i split.localhost }
backend whole
  server v1 127.0.0.1:${ports.v1}
backend split
  server v1 127.0.0.1:${ports.v1} weight 95
  server v2 127.0.0.1:${ports.v2} weight 5
`;

interface Ports {
  readonly v1: number;
  readonly v2: number;
  readonly byHand: number;
}

interface Rivals {
  readonly ours: RouterRig;
  readonly oursPid: number;
  readonly byHand: Haproxy;
  readonly backends: Haproxy;
  readonly ports: Ports;
}

type Measured = WrkReport & { /** Of HAProxy, in microseconds a request. */ readonly processor: number };

/** Requests through the router against a HAProxy that somebody wrote by hand for the same backends. */
export async function router(): Promise<void> {
  report.title(
    `requests through the router, ${CONNECTIONS} connections, ${ROUNDS} pairs of ${SECONDS} s each`,
  );
  const folder = await mkdtemp(join(tmpdir(), 'sl-bench-'));
  const [v1 = 0, v2 = 0, hand = 0] = await freePorts(3);
  const ports = { v1, v2, byHand: hand };
  const backends = await Haproxy.start(folder, 'backends', '  nbthread 1', BACKENDS(ports));
  const byHand = await Haproxy.start(folder, 'by-hand', '', BY_HAND(ports));
  const ours = await RouterRig.start();
  try {
    const { haproxy } = await ours.traffic.status();
    const rivals = { ours, oursPid: haproxy.pid ?? 0, byHand, backends, ports };
    describe(rivals, haproxy.version ?? '?');
    const whole = release('whole-v1', 10_000, { port: ports.v1 });
    await ours.traffic.apply(routeOf('whole', [whole]));
    await compare(rivals, 'whole');
    await split(rivals, SHARE);
    await compare(rivals, 'split');
    await changes(rivals);
  } finally {
    await ours.stop();
    await byHand.stop();
    await backends.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function describe({ ours, byHand, backends }: Rivals, version: string): void {
  report.line(
    `   HAProxy ${version} on both sides and as the backends; client, router and backends share the machine`,
  );
  report.argv('client', wrkArgv(0, 'APP.localhost', CONNECTIONS, SECONDS));
  report.argv('by hand', byHand.argv);
  report.line(byHand.config.replaceAll(/^(?=.)/gm, '      '));
  report.argv('backends', backends.argv);
  report.line(`   sluice: router/config/base.ts as it is, ${ours.slots} slots`);
}

/** @param share of the second release, in parts of 10,000 */
async function split({ ours, ports }: Rivals, share: number): Promise<void> {
  const first = release('split-v1', 10_000 - share, { port: ports.v1 });
  const second = release('split-v2', share, { port: ports.v2 });
  await ours.traffic.apply(routeOf('split', [first, second]));
}

async function compare(rivals: Rivals, app: 'whole' | 'split'): Promise<void> {
  report.line(app === 'whole' ? '   one release' : `   split, ${SHARE / 100} % to a second release`);
  const ours: Measured[] = [];
  const theirs: Measured[] = [];
  const shares = { ours: new Share(), theirs: new Share() };
  for (let round = -1; round < ROUNDS; round++) {
    const a = await shares.ours.of(rivals, () => measured(rivals.oursPid, rivals.ours.httpPort, app));
    const b = await shares.theirs.of(rivals, () => measured(rivals.byHand.pid, rivals.ports.byHand, app));
    if (round < 0) continue;
    ours.push(a);
    theirs.push(b);
  }
  const of = (all: readonly Measured[], what: keyof Measured): number[] => all.map((one) => one[what]);
  report.pairs(of(ours, 'perSecond'), of(theirs, 'perSecond'), 'requests/s', '>= 0.95x');
  for (const [side, all] of [
    ['sluice', ours],
    ['by hand', theirs],
  ] as const) {
    report.values(`${side}, latency p50`, of(all, 'p50'), 'ms');
    report.values(`${side}, latency p99`, of(all, 'p99'), 'ms');
    report.values(`${side}, HAProxy's processor time`, of(all, 'processor'), 'us a request');
    report.line(`   ${side}, failed: ${of(all, 'failed').reduce((sum, one) => sum + one, 0)}`);
  }
  if (app === 'whole') return;
  report.line(`   sluice:  ${shares.ours.sentence()}`);
  report.line(`   by hand: ${shares.theirs.sentence()}`);
  report.goal('split within 0.1 points');
}

async function measured(pid: number, port: number, app: string): Promise<Measured> {
  const before = await processorTime(pid);
  const seen = await wrk(wrkArgv(port, `${app}.localhost`, CONNECTIONS, SECONDS));
  const seconds = (await processorTime(pid)) - before;
  return { ...seen, processor: (seconds * 1e6) / seen.requests };
}

/** What the backends themselves counted. */
class Share {
  #v1 = 0;
  #v2 = 0;

  async of<T>({ backends }: Rivals, work: () => Promise<T>): Promise<T> {
    const before = await backends.requests();
    const done = await work();
    const after = await backends.requests();
    this.#v1 += (after.get('v1') ?? 0) - (before.get('v1') ?? 0);
    this.#v2 += (after.get('v2') ?? 0) - (before.get('v2') ?? 0);
    return done;
  }

  sentence(): string {
    const all = this.#v1 + this.#v2;
    const percent = (100 * this.#v2) / all;
    const off = Math.abs(percent - SHARE / 100);
    return `${this.#v2} of ${all} requests to the second release: ${percent.toFixed(4)} %, off by ${off.toFixed(4)} points`;
  }
}

async function changes(rivals: Rivals): Promise<void> {
  report.title(`${CHANGES} changes of weight under load, one each ${CHANGE_EVERY_MS} ms`);
  const seconds = Math.ceil((CHANGES * (CHANGE_EVERY_MS + LONG_CHANGE_MS)) / 1_000);
  const argv = wrkArgv(rivals.ours.httpPort, 'split.localhost', CONNECTIONS, seconds);
  report.argv('client', argv);
  const took: number[] = [];
  const load = wrk(argv);
  const began = performance.now();
  for (let change = 1; change <= CHANGES; change++) {
    const at = performance.now();
    await split(rivals, ((change * 37) % 99) * 100 + 100);
    took.push(performance.now() - at);
    await pause(CHANGE_EVERY_MS);
  }
  const all = performance.now() - began;
  const { requests, failed } = await load;
  if (all > seconds * 1_000)
    report.line('   the load ended before the last change: this says less than it should');
  report.values('a change, until HAProxy has it', took, 'ms');
  report.line(
    `   ${failed} of ${requests} requests failed during ${CHANGES} changes in ${(all / 1_000).toFixed(1)} s`,
  );
  report.goal('none failed');
}
