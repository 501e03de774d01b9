import { setTimeout as pause } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { Reason } from '../../../core/reason.ts';
import type { ReplicaState } from '../../port.ts';
import { reached, unless } from '../client.ts';
import { inspect, lastLines, listenersIn, type ContainerFacts } from './container-facts.ts';
import { RESTARTED_ONCE_READY } from './container-spec.ts';
import {
  crashed,
  crashedOnStart,
  lastCrash,
  lostHealth,
  neverHealthy,
  type NoHealth,
} from '../../replicas/diagnosis.ts';
import { FAILURES_TO_UNHEALTHY, HEALTH_TIMES as TIMES, pollAfter } from '../../replicas/health-pace.ts';
import type { ReplicaIdentity } from './labels.ts';
import { probe, type ProbeResult } from '../../replicas/probe.ts';
import type { ReplicaStatus } from '../../replicas/status.ts';

/**
 * Follows one replica for its whole life: asks its health from outside, keeps its state and the reason for it.
 * Everything it knows can be found again from the engine, so a fresh process goes on where an old one ended.
 */
export class ReplicaWatch {
  readonly id: ReplicaIdentity;
  readonly container: Docker.Container;
  /** Resolves when its state is known, which for one that was ready before includes one health request. */
  readonly settled: Promise<void>;
  /** `performance.now()` when it was seen to have failed. */
  failedAt: number | undefined;

  private readonly memoryBytes: number;
  private readonly changed: () => void;
  private readonly ended: () => void;
  private readonly life = new AbortController();
  private turn = new AbortController();
  private current: ReplicaStatus = { state: 'starting', restarts: 0 };
  private stopping = false;
  private ready = false;
  private keptUpAt = 0;
  /** The life that was last seen running, and since when, by a clock that nobody sets (`performance.now()`). */
  private seen = { startedAt: Number.NaN, since: 0 };
  private exitCode: number | undefined;
  private lastCrash: Reason | undefined;
  /** Restarts whose crash has been looked into. */
  private crashesSeen = 0;
  private settle: () => void = () => undefined;

  /**
   * @param changed called when its status is another
   * @param ended called when its container is gone
   */
  constructor(
    container: Docker.Container,
    id: ReplicaIdentity,
    memoryBytes: number,
    changed: () => void,
    ended: () => void,
  ) {
    this.container = container;
    this.id = id;
    this.memoryBytes = memoryBytes;
    this.changed = changed;
    this.ended = ended;
    this.settled = new Promise((resolve) => {
      this.settle = resolve;
    });
    void this.live();
  }

  get status(): ReplicaStatus {
    return this.stopping ? { ...this.current, state: 'stopping' } : this.current;
  }

  get gone(): boolean {
    return this.life.signal.aborted;
  }

  /**
   * The engine said that something happened to it.
   * @param exitCode when it has ended
   */
  lookAgain(exitCode?: number): void {
    this.exitCode = exitCode ?? this.exitCode;
    this.turn.abort();
  }

  /** We are about to stop it: its end is no crash. */
  markStopping(): void {
    if (this.stopping) return;
    this.stopping = true;
    this.changed();
  }

  close(): void {
    this.life.abort();
    this.turn.abort();
    this.settle();
  }

  private end(): void {
    this.close();
    this.ended();
  }

  private async live(): Promise<void> {
    while (!this.gone) {
      this.turn = new AbortController();
      try {
        const facts = await inspect(this.container);
        if (facts === undefined) {
          this.end();
          continue;
        }
        await this.noteCrash(facts);
        if (facts.status === 'running') await this.whileRunning(facts);
        else await this.whileDown(facts);
      } catch {
        // The engine is away. The state stays what it was: apps go on running without the engine's API.
        this.settle();
        await this.wait(TIMES.slowestPoll);
      }
    }
  }

  private async whileRunning(facts: ContainerFacts): Promise<void> {
    if (this.current.state === 'failed') {
      this.settle();
      return this.wait(TIMES.lookAgain);
    }
    if (this.id.process === 'web') return this.whileServing(facts);
    const up = this.upFor(facts);
    if (up < TIMES.upFor && !facts.keptUp) {
      this.show(facts, 'starting');
      this.settle();
      await this.wait(TIMES.upFor - up);
      return;
    }
    await this.becomeReady(facts);
    this.settle();
    await this.wait(TIMES.lookAgain);
  }

  private async whileServing(facts: ContainerFacts): Promise<void> {
    const turn = this.turn.signal;
    const limit = this.id.healthTimeoutSeconds * 1_000;
    const adopted = facts.keptUp && !this.ready;
    // An event that comes late, or a lost event stream, does not make a ready one start again.
    const sameLife = this.ready && this.current.startedAt === facts.startedAt;
    // One that was ready before and has been up for long was not starting when we lost sight of it.
    let serving = sameLife || (facts.keptUp && Date.now() > facts.startedAt + limit);
    let failures = 0;
    let hintAfter: number = TIMES.firstHint;
    if (!serving && this.current.state !== 'starting') this.show(facts, 'starting');
    for (let first = true; ; first = false) {
      const patience = adopted && first ? TIMES.adoptionTimeout : TIMES.probeTimeout;
      const result = await probe(this.target(), patience, turn);
      if (turn.aborted) return;
      if (result.ok) {
        await this.becomeReady(facts);
        serving = true;
        failures = 0;
      } else if (serving) {
        failures += 1;
        if (failures >= FAILURES_TO_UNHEALTHY)
          this.show(facts, 'unhealthy', lostHealth(await this.noHealth(facts, result)));
        else if (this.current.state === 'starting') this.show(facts, 'ready');
      } else if (this.upFor(facts) >= limit) {
        const why = neverHealthy(await this.noHealth(facts, result));
        if (turn.aborted) return;
        if (!facts.keptUp) return this.fail(facts, why);
        this.show(facts, 'unhealthy', why);
      } else if (this.upFor(facts) >= hintAfter) {
        this.show(facts, 'starting', neverHealthy(await this.noHealth(facts, result, this.upFor(facts))));
        hintAfter = this.upFor(facts) + TIMES.nextHint;
      }
      this.settle();
      await this.wait(pollAfter({ ok: result.ok, serving, upFor: this.upFor(facts), limit }));
      if (turn.aborted) return;
    }
  }

  /**
   * Milliseconds for which we have seen it run. Not those since its start by the clock: an hour that somebody puts that
   * forward is no hour of waiting. One that another process of ours waited for has its whole time again.
   */
  private upFor({ startedAt }: ContainerFacts): number {
    const now = performance.now();
    if (this.seen.startedAt !== startedAt) this.seen = { startedAt, since: now };
    return now - this.seen.since;
  }

  private async whileDown(facts: ContainerFacts): Promise<void> {
    if (this.stopping || facts.status === 'created' || this.current.state === 'failed') {
      this.show(facts, this.current.state);
    } else if (facts.status === 'removing' || facts.status === 'dead') {
      this.show(facts, 'stopping');
    } else if (facts.status === 'restarting') {
      this.show(facts, 'unhealthy', crashed(await this.crash(facts), facts.restarts));
    } else if (facts.status === 'paused') {
      this.show(facts, 'unhealthy', {
        code: 'paused',
        message: 'someone paused its container',
        hint: `docker unpause ${this.container.id.slice(0, 12)}`,
      });
    } else if (this.ready && (!facts.keptUp || facts.finishedAt <= this.keptUpAt)) {
      // It ended in the moment between its first good answer and the engine's taking charge of it.
      await reached(this.container.update(RESTARTED_ONCE_READY));
      await unless([304, 404], this.container.start());
      return;
    } else if (!facts.keptUp) {
      return this.fail(facts, crashedOnStart(await this.crash(facts)));
    } else {
      this.show(facts, 'exited', {
        code: 'stopped',
        message: 'someone stopped its container',
        hint: `sluice ps:restart -a ${this.id.appName}`,
      });
    }
    this.settle();
    await this.wait(TIMES.lookAgain);
  }

  /** Visitors first: the engine takes charge of it a moment later. */
  private async becomeReady(facts: ContainerFacts): Promise<void> {
    this.ready = true;
    this.show(facts, 'ready');
    if (facts.keptUp || this.keptUpAt !== 0) return;
    await reached(this.container.update(RESTARTED_ONCE_READY));
    this.keptUpAt = Date.now();
  }

  private async fail(facts: ContainerFacts, why: Reason): Promise<void> {
    this.failedAt ??= performance.now();
    this.show(facts, 'failed', why);
    this.settle();
    await this.wait(TIMES.lookAgain);
  }

  private show(facts: ContainerFacts, state: ReplicaState, why?: Reason): void {
    const kept = why ?? (state === 'failed' ? this.current.reason : undefined);
    const next: ReplicaStatus = {
      state,
      restarts: facts.restarts,
      ...(kept === undefined ? {} : { reason: kept }),
      ...(this.lastCrash === undefined ? {} : { crash: this.lastCrash }),
      ...(facts.startedAt === 0 ? {} : { startedAt: facts.startedAt }),
    };
    if (JSON.stringify(next) === JSON.stringify(this.current)) return;
    this.current = next;
    this.changed();
  }

  private target() {
    return { address: this.id.address, port: this.id.port, path: this.id.healthPath, host: this.id.host };
  }

  private get source(): string {
    return `${this.id.process}.${this.id.index}`;
  }

  private async crash(facts: ContainerFacts) {
    return {
      appName: this.id.appName,
      release: this.id.releaseNumber,
      source: this.source,
      exitCode: facts.exitCode,
      oomKilled: facts.oomKilled,
      memoryBytes: this.memoryBytes,
      lines: await lastLines(this.container, facts),
    };
  }

  /** The engine starts it again within 100 ms, so that it often runs by the time that we look. */
  private async noteCrash(facts: ContainerFacts): Promise<void> {
    if (facts.restarts <= this.crashesSeen) return;
    const crash = await this.crash(facts);
    const exitCode = facts.status === 'running' ? this.exitCode : facts.exitCode;
    this.lastCrash = lastCrash({ ...crash, exitCode });
    this.crashesSeen = facts.restarts;
  }

  private async noHealth(facts: ContainerFacts, last: ProbeResult, waitedMs?: number): Promise<NoHealth> {
    return {
      appName: this.id.appName,
      release: this.id.releaseNumber,
      source: this.source,
      port: this.id.port,
      path: this.id.healthPath,
      seconds: waitedMs === undefined ? this.id.healthTimeoutSeconds : Math.round(waitedMs / 1_000),
      last,
      listeners: await listenersIn(this.container, facts.pid),
    };
  }

  /** Waits, but not past the next event. */
  private async wait(milliseconds: number): Promise<void> {
    await pause(milliseconds, undefined, { signal: this.turn.signal }).catch(() => undefined);
  }
}
