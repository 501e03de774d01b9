import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { BUILD_STATES, buildHasEnded } from '../../core/build.ts';
import { ROLLOUT_STATES, rolloutHasEnded } from '../../core/rollout.ts';
import type { Usage } from '../retention/usage.ts';
import type { BuildFacts, RolloutFacts } from '../event-of.ts';
import type { FeedRow } from '../store/feed.ts';
import type { Store } from '../store/store.ts';

export interface MetricsDeps {
  readonly store: Store;
  readonly version: string;
  /** The newest measurement of the disk; undefined before the first. */
  readonly usage: () => Usage | undefined;
}

/** Rows of the feed that are counted at a time. */
const BATCH = 1_000;
const BUILD_SECONDS = [5, 15, 30, 60, 120, 300, 600, 1_200, 3_600];
const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const JOURNAL_SECONDS = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2];

/**
 * The platform in numbers, in Prometheus' text format. Labels are words of ours alone: no app, person or address, which
 * anybody could make as many of as they like. Counters begin at 0 with the server.
 */
export class Metrics {
  readonly #deps: MetricsDeps;
  readonly #registry = new Registry();
  readonly #builds: Counter;
  readonly #buildSeconds: Histogram;
  readonly #rollouts: Counter;
  readonly #requests: Counter;
  readonly #requestSeconds: Histogram;
  /** Up to here the feed is counted. */
  #seen: number;

  constructor(deps: MetricsDeps) {
    this.#deps = deps;
    this.#seen = deps.store.feed.newest();
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#builds = new Counter({
      name: 'sluice_builds_total',
      help: 'Builds that have ended',
      labelNames: ['result'],
      registers,
    });
    this.#buildSeconds = new Histogram({
      name: 'sluice_build_duration_seconds',
      help: 'From the first attempt to the end of a build that succeeded or failed',
      labelNames: ['result'],
      buckets: BUILD_SECONDS,
      registers,
    });
    this.#rollouts = new Counter({
      name: 'sluice_rollouts_total',
      help: 'Rollouts that have ended',
      labelNames: ['verdict'],
      registers,
    });
    this.#requests = new Counter({
      name: 'sluice_http_requests_total',
      help: 'Requests of the API that were answered, by operation of the OpenAPI document',
      labelNames: ['route', 'status'],
      registers,
    });
    this.#requestSeconds = new Histogram({
      name: 'sluice_http_request_duration_seconds',
      help: 'Until a request of the API was answered; streams are left out',
      buckets: REQUEST_SECONDS,
      registers,
    });
    // All there are from the start: a counter that first appears with its first increase hides that one.
    for (const state of BUILD_STATES) if (buildHasEnded(state)) this.#builds.inc({ result: state }, 0);
    for (const state of ROLLOUT_STATES) if (rolloutHasEnded(state)) this.#rollouts.inc({ verdict: state }, 0);
    this.#journal(registers);
    this.#gauges(registers);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** @param seconds undefined for a stream, which lasts as long as its reader likes */
  answered(route: string, status: number, seconds: number | undefined): void {
    this.#requests.inc({ route, status: String(status) });
    if (seconds !== undefined) this.#requestSeconds.observe(seconds);
  }

  async text(): Promise<string> {
    this.#countFeed();
    return this.#registry.metrics();
  }

  #journal(registers: Registry[]): void {
    const seconds = new Histogram({
      name: 'sluice_journal_write_seconds',
      help: 'One transaction of the journal, until it was on disk',
      buckets: JOURNAL_SECONDS,
      registers,
    });
    this.#deps.store.db.onCommit((ms) => seconds.observe(ms / 1_000));
  }

  #gauges(registers: Registry[]): void {
    const { store, version, usage } = this.#deps;
    const gauge = (
      name: string,
      help: string,
      labelNames: string[],
      collect: (gauge: Gauge) => void,
    ): void => {
      const made: Gauge = new Gauge({ name, help, labelNames, registers: [], collect: () => collect(made) });
      for (const register of registers) register.registerMetric(made);
    };
    gauge('sluice_info', 'The version that runs', ['version'], (info) => info.set({ version }, 1));
    gauge('sluice_apps', 'Apps', [], (apps) => apps.set(store.apps.all().length));
    gauge('sluice_builds_open', 'Builds that wait or run', ['state'], (builds) => {
      const { queued, running } = store.builds.counts();
      builds.set({ state: 'queued' }, queued);
      builds.set({ state: 'running' }, running);
    });
    gauge(
      'sluice_rollouts_open',
      'Rollouts under way; held: they wait for a person',
      ['state'],
      (rollouts) => {
        const open = store.rollouts.open();
        rollouts.set({ state: 'held' }, open.filter(({ held }) => held !== null).length);
        rollouts.set({ state: 'going' }, open.filter(({ held }) => held === null).length);
      },
    );
    gauge('sluice_disk_bytes', 'What the platform takes of the disk, as last measured', ['kind'], (bytes) => {
      for (const [kind, taken] of Object.entries(usage()?.kinds ?? {})) bytes.set({ kind }, taken);
    });
    gauge('sluice_disk_budget_bytes', 'What it may take: SLUICE_DISK_BUDGET', [], (bytes) => {
      const measured = usage();
      if (measured) bytes.set(measured.budget);
    });
    gauge('sluice_disk_free_bytes', 'Left on the fullest disk that it writes to', [], (bytes) => {
      const measured = usage();
      if (measured) bytes.set(measured.free);
    });
  }

  /** What has ended is in the feed: counted when it is asked for, it costs nothing in between. */
  #countFeed(): void {
    for (;;) {
      const rows = this.#deps.store.feed.after(this.#seen, BATCH);
      for (const row of rows) this.#count(row);
      this.#seen = rows.at(-1)?.seq ?? this.#seen;
      if (rows.length < BATCH) return;
    }
  }

  #count(row: FeedRow): void {
    const { type, subject, facts } = row;
    if (type.startsWith('rollout.') && type !== 'rollout.note' && type !== 'rollout.updated') {
      const { state: verdict } = JSON.parse(facts) as RolloutFacts;
      if (rolloutHasEnded(verdict)) this.#rollouts.inc({ verdict });
    }
    if (!type.startsWith('build.') || type === 'build.updated') return;
    const { state: result } = JSON.parse(facts) as BuildFacts;
    if (!buildHasEnded(result)) return;
    this.#builds.inc({ result });
    const build = this.#deps.store.builds.byId(subject);
    if (!build?.started_at || !build.finished_at || !['succeeded', 'failed'].includes(result)) return;
    this.#buildSeconds.observe({ result }, Math.max(0, build.finished_at - build.started_at) / 1_000);
  }
}
