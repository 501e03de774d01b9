import type { Logger } from 'pino';
import { type Reason, reason, Refusal } from '../../core/reason.ts';
import { isTemporary } from '../controller/temporary.ts';
import type { DeliveryRow } from '../store/deliveries.ts';
import type { Store } from '../store/store.ts';

/** Milliseconds before what could not be done is tried again, each time; then it has failed. */
const PAUSES = [2_000, 5_000, 15_000, 60_000, 120_000, 300_000];

/** @throws Refusal for what cannot be, anything else for what may be tried again; journals the end by itself when it is done */
export type Deploy = (delivery: DeliveryRow, signal: AbortSignal) => Promise<void>;

export interface ProcessorDeps {
  readonly store: Store;
  readonly deploy: Deploy;
  readonly log: Logger;
  readonly pauses?: readonly number[];
}

/**
 * Works on what hooks brought, one at a time an app, by the journal alone: what a crash interrupts is taken up at the next
 * start, and doing it twice makes one build. Of several that wait only the newest is done, as each would replace the one
 * before.
 */
export class DeliveryProcessor {
  readonly #deps: ProcessorDeps;
  readonly #working = new Map<string, Promise<void>>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #end = new AbortController();

  constructor(deps: ProcessorDeps) {
    this.#deps = deps;
  }

  /** Takes up what an earlier server has accepted. */
  start(): void {
    for (const appId of this.#deps.store.deliveries.appsWithPending()) this.wake(appId);
  }

  /** There is something to be done for an app. */
  wake(appId: string): void {
    if (this.#end.signal.aborted || this.#working.has(appId)) return;
    clearTimeout(this.#timers.get(appId));
    this.#timers.delete(appId);
    const work = this.#work(appId)
      .catch((error: unknown) => {
        this.#deps.log.error({ err: error, app: appId }, 'what a hook brought; trying again');
        this.#later(appId, PAUSES[1] ?? 0);
      })
      .finally(() => {
        this.#working.delete(appId);
        if (!this.#timers.has(appId) && this.#hasMore(appId)) this.wake(appId);
      });
    this.#working.set(appId, work);
  }

  /** Settles when a delivery has ended, or after so many milliseconds. */
  async settled(id: string, milliseconds: number): Promise<void> {
    if (this.#deps.store.deliveries.byId(id)?.state !== 'pending') return;
    await new Promise<void>((resolve) => {
      const waiters = this.#waiting.get(id) ?? new Set();
      this.#waiting.set(id, waiters);
      const done = (): void => {
        clearTimeout(timer);
        waiters.delete(done);
        if (waiters.size === 0) this.#waiting.delete(id);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      waiters.add(done);
    });
  }

  /** Lets what is under way end, or be given up where it waits for others. */
  async stop(): Promise<void> {
    this.#end.abort(new Error('the server stops'));
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const waiters of this.#waiting.values()) for (const done of waiters) done();
    await Promise.allSettled(this.#working.values());
  }

  async #work(appId: string): Promise<void> {
    const { store } = this.#deps;
    for (;;) {
      const waiting = store.deliveries.pending(appId);
      const newest = waiting.at(-1);
      if (newest === undefined || this.#end.signal.aborted) return;
      // The older ones are passed over once it is done: when it cannot be, the next older one is what is wanted.
      if (!(await this.#tried(newest))) {
        // What came meanwhile does not wait for the pause of what it replaces.
        if (store.deliveries.pending(appId).at(-1)?.id === newest.id) return;
        clearTimeout(this.#timers.get(appId));
        this.#timers.delete(appId);
        continue;
      }
      for (const { id } of waiting) this.#tell(id);
      // Whatever was forgotten here must not be looked at again for ever.
      if (store.deliveries.byId(newest.id)?.state === 'pending') {
        this.#ended(newest, 'failed', reasonOf(new Error('it was not ended')));
      }
    }
  }

  /** @returns whether to go on; false: it is tried again later */
  async #tried(delivery: DeliveryRow): Promise<boolean> {
    const { store, deploy, log, pauses = PAUSES } = this.#deps;
    store.deliveries.countAttempt(delivery.id);
    try {
      await deploy(delivery, this.#end.signal);
      this.#tell(delivery.id);
      return true;
    } catch (error) {
      if (this.#end.signal.aborted) return false;
      const pause = mayPass(error) ? pauses[delivery.attempts] : undefined;
      if (pause === undefined) {
        if (!(error instanceof Refusal))
          log.error({ err: error, delivery: delivery.id }, 'a delivery failed');
        this.#ended(delivery, 'failed', reasonOf(error));
        return true;
      }
      log.warn({ err: error, delivery: delivery.id, pause }, 'a delivery could not be done; trying again');
      this.#later(delivery.app_id, pause);
      return false;
    }
  }

  #ended(delivery: DeliveryRow, state: 'failed', why: Reason): void {
    this.#deps.store.deliveries.finish(delivery.id, state, { reason: why });
    this.#tell(delivery.id);
  }

  #tell(id: string): void {
    for (const done of this.#waiting.get(id) ?? []) done();
  }

  #later(appId: string, milliseconds: number): void {
    this.#timers.set(
      appId,
      setTimeout(() => {
        this.#timers.delete(appId);
        this.wake(appId);
      }, milliseconds).unref(),
    );
  }

  #hasMore(appId: string): boolean {
    return !this.#end.signal.aborted && this.#deps.store.deliveries.pending(appId).length > 0;
  }
}

/** Refusals of others that are away for a moment. */
const PASSING = new Set(['registry_unreachable', 'source_unreachable', 'disk_full', 'disk_budget']);

function mayPass(error: unknown): boolean {
  return isTemporary(error) || (error instanceof Refusal && PASSING.has(error.reason.code));
}

function reasonOf(error: unknown): Reason {
  if (error instanceof Refusal) return error.reason;
  return reason(
    'internal_error',
    'something went wrong on the platform, again and again',
    "an admin finds the cause in the server's log; then: sluice hooks:redeliver DELIVERY",
  );
}
