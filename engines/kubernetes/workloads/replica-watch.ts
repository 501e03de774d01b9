import { setTimeout as pause } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import type { Reason } from '../../../core/reason.ts';
import type { ReplicaState } from '../../port.ts';
import { crashed, crashedOnStart, lastCrash, lostHealth, neverHealthy } from '../../replicas/diagnosis.ts';
import { FAILURES_TO_UNHEALTHY, HEALTH_TIMES as TIMES, pollAfter } from '../../replicas/health-pace.ts';
import { probe, type ProbeResult } from '../../replicas/probe.ts';
import type { ReplicaStatus } from '../../replicas/status.ts';
import { neverStarted } from './cluster-reasons.ts';
import type { AskedProcess } from './objects/asked.ts';
import { crashOf, heldUpBy, lostNode, noHealthOf, whoseOf, type WatchedPod } from './pod-diagnosis.ts';
import { podFacts, wentWithItsNode, type Ended, type PodFacts } from './pod-facts.ts';

/**
 * Follows one replica for its whole life: asks its health from outside, keeps its state and the reason for it. What others
 * do to it (drain, eviction, loss of its node) is no fault of its own. Everything it knows can be found again from the
 * cluster, so a fresh process goes on where an old one ended.
 */
export class ReplicaWatch {
  /** Resolves when its state is known, which for one that was ready before includes one health request. */
  readonly settled: Promise<void>;
  /** `performance.now()` when it was seen to have failed. */
  failedAt: number | undefined;

  private readonly around: WatchedPod;
  private readonly life = new AbortController();
  private turn = new AbortController();
  private latest: PodFacts;
  private current: ReplicaStatus = { state: 'starting', restarts: 0 };
  private ready: boolean;
  /** The life that was last seen running, and since when, by a clock that nobody sets (`performance.now()`). */
  private seen = { startedAt: Number.NaN, since: 0 };
  private crash: Reason | undefined;
  private restartsSeen: number | undefined;
  /** Restarts that were no fault of its own. */
  private innocent = 0;
  private readonly settling = Promise.withResolvers<void>();

  constructor(around: WatchedPod) {
    this.around = around;
    this.latest = podFacts(around.pod);
    this.ready = this.latest.wasReady;
    this.settled = this.settling.promise;
    void this.live();
  }

  get status(): ReplicaStatus {
    return this.latest.leaving || this.latest.phase === 'over'
      ? { ...this.current, state: 'stopping' }
      : this.current;
  }

  get facts(): PodFacts {
    return this.latest;
  }

  /** The cluster says that it is another than before. */
  lookAgain(pod: V1Pod): void {
    const facts = podFacts(pod);
    const before = this.latest;
    this.latest = facts;
    if (JSON.stringify({ ...facts, wasReady: true }) === JSON.stringify({ ...before, wasReady: true }))
      return;
    if (facts.leaving !== before.leaving || facts.phase === 'over' || facts.ip !== before.ip) {
      this.around.changed();
    }
    this.turn.abort();
  }

  close(): void {
    this.life.abort();
    this.turn.abort();
    this.settling.resolve();
  }

  private async live(): Promise<void> {
    // Also because what the watch calls back is there only once its constructor has returned.
    await this.around.askedIsKnown();
    while (!this.life.signal.aborted) {
      this.turn = new AbortController();
      const facts = this.latest;
      await this.look(facts);
      // One that was cut short by news has found nothing out.
      if (!this.turn.signal.aborted) this.settling.resolve();
      if (this.latest === facts) await this.wait(TIMES.lookAgain);
    }
  }

  private async look(facts: PodFacts): Promise<void> {
    if (facts.leaving || facts.phase === 'over') {
      // Its node may have come back before it was gone, and started it once more.
      if (facts.ended !== undefined && wentWithItsNode(facts.ended)) await this.noteRestarts(facts);
      return this.show(facts, this.current.state);
    }
    await this.noteRestarts(facts);
    if (this.current.state === 'failed') return this.show(facts, 'failed');
    switch (facts.phase) {
      case 'running':
        return this.whileRunning(facts);
      case 'ended':
        return this.whileDown(facts);
      case 'waiting':
      case 'pending':
        return facts.ended === undefined ? this.whilePending(facts) : this.whileDown(facts);
    }
  }

  private async whilePending(facts: PodFacts): Promise<void> {
    const held = await heldUpBy(this.around, facts);
    if (held?.lasting === true && !this.ready) return this.fail(facts, held.reason);
    this.show(facts, 'starting', held?.reason ?? lostNode(this.around, facts));
  }

  private async whileDown(facts: PodFacts): Promise<void> {
    const { ended } = facts;
    if (ended === undefined || wentWithItsNode(ended)) {
      this.show(facts, this.ready ? 'unhealthy' : 'starting', lostNode(this.around, facts));
    } else if (this.ready) {
      this.show(facts, 'unhealthy', crashed(await crashOf(this.around, ended, facts), this.restarts(facts)));
    } else {
      await this.failAtStart(facts, ended);
    }
  }

  private async whileRunning(facts: PodFacts): Promise<void> {
    if (this.around.asked()?.process === 'web') return this.whileServing(facts);
    const up = this.upFor(facts);
    if (up < TIMES.upFor && !this.ready) {
      this.show(facts, 'starting');
      this.settling.resolve();
      await this.wait(TIMES.upFor - up);
      if (this.turn.signal.aborted) return;
    }
    this.becomeReady(facts);
  }

  private async whileServing(facts: PodFacts): Promise<void> {
    const turn = this.turn.signal;
    const asked = this.around.asked();
    if (asked === undefined) return;
    const limit = asked.health.timeoutSeconds * 1_000;
    const adopted = this.ready && this.current.state === 'starting';
    const sameLife = this.ready && this.current.startedAt === facts.startedAt;
    // One that was ready before and has been up for long was not starting when we lost sight of it.
    let serving = sameLife || (this.ready && Date.now() > facts.startedAt + limit);
    let failures = 0;
    let hintAfter: number = TIMES.firstHint;
    if (!serving && this.current.state !== 'starting') this.show(facts, 'starting');
    for (let first = true; ; first = false) {
      const patience = adopted && first ? TIMES.adoptionTimeout : TIMES.probeTimeout;
      const result = await this.ask(asked, facts, patience, turn);
      if (turn.aborted) return;
      if (result.ok) {
        this.becomeReady(facts);
        serving = true;
        failures = 0;
      } else if (facts.nodeLost) {
        this.show(facts, serving ? 'unhealthy' : 'starting', lostNode(this.around, facts));
      } else if (serving) {
        failures += 1;
        if (failures >= FAILURES_TO_UNHEALTHY)
          this.show(facts, 'unhealthy', lostHealth(await noHealthOf(this.around, asked, result)));
        else if (this.current.state === 'starting') this.show(facts, 'ready');
      } else if (this.upFor(facts) >= limit) {
        const why = neverHealthy(await noHealthOf(this.around, asked, result));
        if (turn.aborted) return;
        if (!this.ready) return this.fail(facts, why);
        this.show(facts, 'unhealthy', why);
      } else if (this.upFor(facts) >= hintAfter) {
        this.show(
          facts,
          'starting',
          neverHealthy(await noHealthOf(this.around, asked, result, this.upFor(facts))),
        );
        hintAfter = this.upFor(facts) + TIMES.nextHint;
      }
      this.settling.resolve();
      await this.wait(pollAfter({ ok: result.ok, serving, upFor: this.upFor(facts), limit }));
      if (turn.aborted) return;
    }
  }

  private ask(
    asked: AskedProcess,
    { ip }: PodFacts,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<ProbeResult> {
    if (ip === undefined) return Promise.resolve({ ok: false, error: 'EHOSTUNREACH' });
    return probe(
      { address: ip, port: asked.port, path: asked.health.path, host: asked.host },
      timeoutMs,
      signal,
    );
  }

  /**
   * Milliseconds for which we have seen it run. Not those since its start by the clock: an hour that somebody puts that
   * forward is no hour of waiting. One that another process of ours waited for has its whole time again.
   */
  private upFor({ startedAt }: PodFacts): number {
    const now = performance.now();
    if (this.seen.startedAt !== startedAt) this.seen = { startedAt, since: now };
    return now - this.seen.since;
  }

  /** Looks into the lives that have ended since we looked last. */
  private async noteRestarts(facts: PodFacts): Promise<void> {
    const before = this.restartsSeen;
    if (before !== undefined && facts.restarts <= before) return;
    this.restartsSeen = facts.restarts;
    const { ended } = facts;
    if (facts.restarts === 0 || ended === undefined) return;
    if (wentWithItsNode(ended)) {
      this.innocent += before === undefined ? 1 : facts.restarts - before;
      return;
    }
    const crash = await crashOf(this.around, ended, facts);
    this.crash = lastCrash(crash);
    // The cluster starts it again at once, so that it may run by the time that we look; it failed all the same.
    if (!this.ready && before !== undefined && facts.phase === 'running')
      await this.failAtStart(facts, ended);
  }

  private restarts(facts: PodFacts): number {
    return Math.max(0, facts.restarts - this.innocent);
  }

  private becomeReady(facts: PodFacts): void {
    this.ready = true;
    this.show(facts, 'ready');
    if (!this.latest.wasReady) this.around.becameReady();
  }

  private async failAtStart(facts: PodFacts, ended: Ended): Promise<void> {
    if (ended.why === 'StartError' || ended.why === 'ContainerCannotRun') {
      return this.fail(facts, neverStarted(whoseOf(this.around), ended.message));
    }
    this.fail(facts, crashedOnStart(await crashOf(this.around, ended, facts)));
  }

  private fail(facts: PodFacts, why: Reason): void {
    if (this.latest.leaving) return;
    this.failedAt ??= performance.now();
    this.show(facts, 'failed', why);
  }

  private show(facts: PodFacts, state: ReplicaState, why?: Reason): void {
    const kept = why ?? (state === 'failed' ? this.current.reason : undefined);
    const next: ReplicaStatus = {
      state,
      restarts: this.restarts(facts),
      ...(kept === undefined ? {} : { reason: kept }),
      ...(this.crash === undefined ? {} : { crash: this.crash }),
      ...(facts.startedAt === 0 ? {} : { startedAt: facts.startedAt }),
    };
    if (JSON.stringify(next) === JSON.stringify(this.current)) return;
    this.current = next;
    this.around.changed();
  }

  /** Waits, but not past the next event. */
  private async wait(milliseconds: number): Promise<void> {
    await pause(milliseconds, undefined, { signal: this.turn.signal }).catch(() => undefined);
  }
}
