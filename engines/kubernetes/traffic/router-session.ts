import type {
  AppliedReport,
  CountsReport,
  Failure,
  FollowEvent,
  ProbeReport,
} from '../../../core/contracts/follow.ts';
import { Refusal } from '../../../core/reason.ts';
import type { Probe, ProbeResult } from '../../port.ts';

/** The way to a router; it never waits. */
export interface Channel {
  send(event: FollowEvent): void;
  end(): void;
}

/** `lost`: it said nothing in time, or its stream has ended. */
export type Applied = 'done' | 'lost' | Refusal;

/** One router that is connected, and what it was asked. */
export class RouterSession {
  readonly name: string;
  readonly id: string;
  /** Where its totals are; known once it has told any. */
  origin: string | undefined;
  /** Something that it was told could not be made so: it is to be told all of it again. */
  behind = false;
  /** When it last said something, `performance.now()`. */
  heardAt = performance.now();
  private readonly channel: Channel;
  /** Revision of the first table that it was given; it holds all changes before. */
  private readonly first: number;
  private readonly ended = Promise.withResolvers<undefined>();
  private readonly changes = new Map<number, PromiseWithResolvers<Applied>>();
  private readonly looks = new Map<number, PromiseWithResolvers<boolean>>();
  private readonly probes = new Map<number, PromiseWithResolvers<ProbeResult>>();
  private question = 0;
  private open = true;

  constructor(name: string, id: string, channel: Channel, first: number) {
    this.name = name;
    this.id = id;
    this.channel = channel;
    this.first = first;
  }

  get isOpen(): boolean {
    return this.open;
  }

  /** Sends a change of the table. */
  tell(event: Extract<FollowEvent, { event: 'routes' }>): void {
    this.changes.set(event.revision, Promise.withResolvers());
    this.channel.send(event);
  }

  /**
   * What has become of a change that it was told.
   * @param limit milliseconds; a router that takes longer is let go, and gets the whole table when it is back
   */
  async applied(revision: number, limit: number): Promise<Applied> {
    const change = this.changes.get(Math.max(revision, this.first));
    // Answered already, and well: what was not is still here.
    if (change === undefined) return this.open ? 'done' : 'lost';
    const outcome = await this.within(limit, change.promise);
    if (outcome === undefined) this.end();
    return outcome ?? 'lost';
  }

  /** @returns whether it told fresh numbers within `limit` milliseconds */
  async counted(limit: number): Promise<boolean> {
    const id = ++this.question;
    const look = Promise.withResolvers<boolean>();
    this.looks.set(id, look);
    this.channel.send({ event: 'count', id });
    const fresh = await this.within(limit, look.promise);
    this.looks.delete(id);
    return fresh === true;
  }

  /** @throws Refusal when the router says that it could not, or says nothing for `limit` milliseconds */
  async probe(probe: Probe, limit: number): Promise<ProbeResult> {
    const id = ++this.question;
    const asked = Promise.withResolvers<ProbeResult>();
    this.probes.set(id, asked);
    this.channel.send({ event: 'probe', id, probe: { ...probe, backend: { ...probe.backend } } });
    try {
      const result = await this.within(limit, asked.promise);
      if (result !== undefined) return result;
    } finally {
      this.probes.delete(id);
    }
    throw new Refusal(
      503,
      'router_unreachable',
      `the router ${this.name} did not answer`,
      'kubectl get pods: see how the routers do, then try again',
    );
  }

  hearApplied({ applied }: AppliedReport): void {
    this.heardAt = performance.now();
    for (const { revision, failure } of applied) {
      this.changes.get(revision)?.resolve(failure === undefined ? 'done' : refusalOf(failure));
      if (failure === undefined) this.changes.delete(revision);
      else this.behind = true;
    }
  }

  hearCounts({ answers, fresh, origin }: CountsReport): void {
    this.heardAt = performance.now();
    this.origin = origin;
    for (const id of answers) this.looks.get(id)?.resolve(fresh);
  }

  hearProbe({ id, outcome }: ProbeReport): void {
    const asked = this.probes.get(id);
    if ('answer' in outcome) asked?.resolve(outcome.answer as ProbeResult);
    else asked?.reject(refusalOf(outcome.failure));
  }

  /** Ends the stream; who waits for an answer is told that none comes. A second call does nothing. */
  end(): void {
    if (!this.open) return;
    this.open = false;
    this.ended.resolve(undefined);
    this.channel.end();
  }

  private async within<T>(limit: number, answer: Promise<T>): Promise<T | undefined> {
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => late.resolve(undefined), limit);
    try {
      return await Promise.race([answer, late.promise, this.ended.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function refusalOf({ status, reason }: Failure): Refusal {
  return Refusal.of(status, reason);
}
