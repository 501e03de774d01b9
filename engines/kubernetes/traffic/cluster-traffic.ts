import { randomUUID } from 'node:crypto';
import type { AppliedReport, CountsReport, ProbeReport } from '../../../core/contracts/follow.ts';
import { Refusal } from '../../../core/reason.ts';
import type { Probe, ProbeResult, Route, Traffic, TrafficCounts } from '../../port.ts';
import { DesiredTable } from './desired-table.ts';
import type { RoutesEvent } from './desired-table.ts';
import { KeptTotals } from './kept-totals.ts';
import { RouterSession } from './router-session.ts';
import type { Channel } from './router-session.ts';
import { TotalCounts } from './total-counts.ts';

export interface ClusterTrafficOptions {
  readonly installationId: string;
  /** Of the server's journal: routers follow no server with an older one. */
  readonly generation: number;
  /** Where the totals over all routers are kept. */
  readonly countsFile: string;
  /** Milliseconds that a change waits for a router while none is there. */
  readonly patience?: number;
  /** Milliseconds after which a router that does not answer a change is left out, until it is back. */
  readonly answerLimit?: number;
  /** Milliseconds that a router without a stream may still serve: its numbers are missed so long. */
  readonly missedFor?: number;
}

/** Milliseconds that a router has to tell its numbers. */
const COUNT_LIMIT = 2_000;
/** Milliseconds that a router has for a probe, beyond the probe's own time. */
const PROBE_MARGIN = 2_000;
const GONE = 410;

/**
 * Traffic over all routers of a cluster, which follow this server by streams that they open (core/contracts/follow.ts).
 * What is desired is kept here, in memory; each router keeps it on its own disk and goes on without the server.
 */
export class ClusterTraffic implements Traffic {
  private readonly installationId: string;
  private readonly generation: number;
  private readonly patience: number;
  private readonly answerLimit: number;
  private readonly missedFor: number;
  private readonly table = new DesiredTable();
  private readonly kept: KeptTotals;
  private readonly sessions = new Map<string, RouterSession>();
  /** Routers whose streams have ended, and until when they are missed; `performance.now()`. */
  private readonly missed = new Map<string, number>();
  private readonly totals: Promise<TotalCounts>;
  private came = Promise.withResolvers<void>();
  private turn = 0;
  private present: Promise<unknown> = Promise.resolve();
  private next: Promise<TrafficCounts> | undefined;

  constructor(options: ClusterTrafficOptions) {
    this.installationId = options.installationId;
    this.generation = options.generation;
    this.patience = options.patience ?? 10_000;
    this.answerLimit = options.answerLimit ?? 5_000;
    this.missedFor = options.missedFor ?? 15_000;
    this.kept = new KeptTotals(options.countsFile);
    this.totals = this.begin();
    // Who asks for counts hears of it.
    this.totals.catch(() => undefined);
  }

  async apply(route: Route): Promise<void> {
    await this.make(this.table.apply(route));
  }

  async remove(appId: string): Promise<void> {
    await this.make(this.table.remove(appId));
  }

  async sync(routes: readonly Route[]): Promise<void> {
    const change = this.table.sync(routes);
    if (change !== undefined) return this.make(change);
    const behind = this.connected().filter((session) => session.behind);
    for (const session of behind) session.end();
    await this.made(this.table.revision);
  }

  async counts(): Promise<TrafficCounts> {
    // As the routers count after this call; callers at one time share a look.
    this.next ??= this.lookAfterPresent();
    return this.next;
  }

  async probe(probe: Probe): Promise<ProbeResult> {
    const sessions = this.connected();
    let trouble: unknown = unreachable();
    for (let index = 0; index < sessions.length; index += 1) {
      const session = sessions[this.turn++ % sessions.length] as RouterSession;
      try {
        return await session.probe(probe, probe.timeoutMs + PROBE_MARGIN);
      } catch (error) {
        // Its HAProxy is away, or it is: another router may do.
        trouble = error;
      }
    }
    throw trouble;
  }

  /** A router has opened its stream. @returns to be called once it has ended */
  follow(name: string, channel: Channel): () => void {
    this.sessions.get(name)?.end();
    const whole = this.table.whole();
    const session = new RouterSession(name, randomUUID(), channel, whole.revision);
    this.sessions.set(name, session);
    this.missed.delete(name);
    channel.send({
      event: 'hello',
      session: session.id,
      installationId: this.installationId,
      generation: this.generation,
    });
    session.tell(whole);
    this.came.resolve();
    this.came = Promise.withResolvers();
    return () => this.lost(session);
  }

  applied(name: string, report: AppliedReport): void {
    this.session(name, report.session).hearApplied(report);
  }

  async counted(name: string, report: CountsReport): Promise<void> {
    const session = this.session(name, report.session);
    const totals = await this.totals;
    totals.take(report.origin, report.releases, performance.now());
    session.hearCounts(report);
    if (!report.last) return;
    totals.close(report.origin);
    // The router lets go of its totals now, whether or not there is room on the disk for them here.
    await this.save(totals).catch(() => undefined);
    this.sessions.delete(name);
    session.end();
  }

  probed(name: string, report: ProbeReport): void {
    this.session(name, report.session).hearProbe(report);
  }

  /** Lets go of all routers, which go on as they are. */
  async close(): Promise<void> {
    for (const session of this.sessions.values()) session.end();
    await this.present.catch(() => undefined);
  }

  private async make(change: RoutesEvent): Promise<void> {
    for (const session of this.connected()) session.tell(change);
    await this.made(change.revision);
  }

  /**
   * Resolves when every router that is there answers by this revision.
   * @throws Refusal of a router that will not, or `router_unreachable` when none is there in time
   */
  private async made(revision: number): Promise<void> {
    const deadline = performance.now() + this.patience;
    for (;;) {
      const asked = this.connected().map(async (session) => session.applied(revision, this.answerLimit));
      const outcomes = await Promise.all(asked);
      const refusals = outcomes.filter((outcome) => outcome instanceof Refusal);
      const forGood = refusals.find(({ status }) => status < 500);
      if (forGood !== undefined) throw forGood;
      if (outcomes.includes('done')) return;
      if (refusals[0] !== undefined) throw refusals[0];
      const left = deadline - performance.now();
      if (left <= 0) throw unreachable();
      await this.oneComes(left);
    }
  }

  private async oneComes(limit: number): Promise<void> {
    if (this.connected().length > 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, limit);
    await Promise.race([this.came.promise, promise]);
    clearTimeout(timer);
  }

  private connected(): RouterSession[] {
    return [...this.sessions.values()].filter(({ isOpen }) => isOpen);
  }

  /** @throws Refusal 410 */
  private session(name: string, id: string): RouterSession {
    const session = this.sessions.get(name);
    if (session?.id === id && session.isOpen) return session;
    throw new Refusal(GONE, 'session_over', 'this server does not know the session', 'follow anew');
  }

  private lost(session: RouterSession): void {
    session.end();
    if (this.sessions.get(session.name) === session) {
      this.sessions.delete(session.name);
      this.missed.set(session.name, performance.now() + this.missedFor);
    }
    const { origin } = session;
    if (origin === undefined || this.connected().some((other) => other.origin === origin)) return;
    void this.totals.then((totals) => totals.silent(origin));
  }

  private async begin(): Promise<TotalCounts> {
    const stored = await this.kept.read();
    const now = performance.now();
    for (const name of stored?.routers ?? []) {
      if (!this.sessions.has(name)) this.missed.set(name, now + this.missedFor);
    }
    return new TotalCounts(now, stored);
  }

  private async lookAfterPresent(): Promise<TrafficCounts> {
    await this.present.catch(() => undefined);
    this.next = undefined;
    const look = this.look();
    this.present = look;
    return look;
  }

  /** What was told once never goes back, so it is saved before; on a full disk it is told all the same. */
  private async look(): Promise<TrafficCounts> {
    const sessions = this.connected().filter((session) => !this.isGivenUp(session));
    const told = await Promise.all(sessions.map(async (session) => session.counted(COUNT_LIMIT)));
    const totals = await this.totals;
    const releases = totals.counts(this.table.releases(), performance.now());
    await this.save(totals).catch(() => undefined);
    const fresh = sessions.length > 0 && told.every(Boolean) && !this.isOneMissed();
    return { fresh, releases };
  }

  /** One that has said nothing for so long, though its stream is open, is not waited for any more. */
  private isGivenUp(session: RouterSession): boolean {
    if (performance.now() - session.heardAt <= this.missedFor) return false;
    this.sessions.delete(session.name);
    session.end();
    return true;
  }

  /** A router that is cut off may still serve: without its numbers nothing is known for sure. */
  private isOneMissed(): boolean {
    const now = performance.now();
    for (const [name, until] of this.missed) if (until <= now) this.missed.delete(name);
    return this.missed.size > 0;
  }

  private async save(totals: TotalCounts): Promise<void> {
    await this.kept.save(totals.stored([...this.sessions.keys(), ...this.missed.keys()]));
  }
}

function unreachable(): Refusal {
  return new Refusal(
    503,
    'router_unreachable',
    'no router is connected to the server',
    'kubectl get pods: see how the routers do, then try again',
  );
}
