import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Outcome, outcomeOf } from '../../core/outgoing/retry.ts';
import { appUrl } from '../address.ts';
import type { Changes } from '../changes.ts';
import type { Settings } from '../settings.ts';
import { sourceAddress } from '../sources/address.ts';
import type { DeliveryRow, OutgoingEventRow } from '../store/outgoing.ts';
import type { Store } from '../store/store.ts';
import { statusAfter, statusLetter } from './commit-status.ts';
import { distribute } from './distribute.ts';
import { isNamed, placeOf } from '../hosts/hosts.ts';
import type { Letter } from './letter.ts';
import { notification } from './notification.ts';
import { ask, type OutgoingAnswer } from './post.ts';
import { checkedAddresses, type Resolve } from '../hosts/resolve.ts';

export interface OutgoingDeps {
  readonly store: Store;
  readonly settings: Pick<
    Settings,
    'privateHosts' | 'sourceHosts' | 'domain' | 'httpPort' | 'sshHost' | 'sshPort'
  >;
  readonly changes: Changes;
  readonly log: Logger;
  readonly resolve: Resolve;
  /** 0 to 1. */
  readonly random?: () => number;
}

/** Milliseconds until a target is asked again whose answer could not be journalled. */
const UNWRITTEN_MS = 30_000;
/** Requests under way at once. */
const AT_ONCE = 16;
/** Receivers of one app that hang must not hold those of the others up. */
const AT_ONCE_OF_APP = 4;
/** Events that are given out in one go, so that others get their turn in between. */
const EVENTS_AT_ONCE = 100;
/** A look although nothing is known to have happened, in milliseconds; also what a clock that jumped costs at most. */
const EVERY_MS = 30_000;

/**
 * Tells others what happened. The journal says what is to be told to whom, and is written when it was; so a crash repeats
 * at most what was under way. One request at a time goes to each target.
 */
export class Outgoing {
  readonly #deps: OutgoingDeps;
  readonly #stopping = new AbortController();
  readonly #busy = new Map<string, { readonly appId: string; readonly work: Promise<void> }>();
  #off = (): unknown => undefined;
  #timer: NodeJS.Timeout | undefined;
  #soon = false;

  constructor(deps: OutgoingDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#off = this.#deps.changes.onAny(() => this.wake());
    this.wake();
  }

  /** Breaks off what is under way; it is sent again by the next server. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the server stops'));
    this.#off();
    clearTimeout(this.#timer);
    await Promise.allSettled([...this.#busy.values()].map(({ work }) => work));
  }

  /** Looks soon whether there is something to send. */
  wake(): void {
    if (this.#soon || this.#stopping.signal.aborted) return;
    this.#soon = true;
    setImmediate(() => {
      this.#soon = false;
      this.#look();
    });
  }

  #look(): void {
    const { store, log } = this.#deps;
    if (this.#stopping.signal.aborted) return;
    clearTimeout(this.#timer);
    let pause = EVERY_MS;
    try {
      const fresh = store.outgoing.fresh(EVENTS_AT_ONCE);
      for (const event of fresh) this.#distribute(event);
      if (fresh.length === EVENTS_AT_ONCE) this.wake();
      for (const delivery of store.outgoing.due(Date.now(), new Set(this.#busy.keys()))) {
        if (this.#busy.size >= AT_ONCE) break;
        if (this.#busyOf(delivery.app_id) >= AT_ONCE_OF_APP) continue;
        this.#begin(delivery);
      }
      if (this.#busy.size < AT_ONCE) pause = this.#untilNext();
    } catch (error) {
      log.error({ err: error }, 'what is to be told to others could not be read or written; trying again');
    }
    this.#timer = setTimeout(() => this.#look(), pause).unref();
  }

  /** One event that cannot be told must not keep the others from being. */
  #distribute(event: OutgoingEventRow): void {
    const { store, log } = this.#deps;
    try {
      distribute(store, event);
    } catch (error) {
      log.error({ err: error, event: event.id, type: event.type }, 'an event cannot be told to others');
      store.outgoing.distribute(event, '', []);
    }
  }

  #busyOf(appId: string): number {
    return [...this.#busy.values()].filter((one) => one.appId === appId).length;
  }

  /** What is due now and not begun waits for the end of what is under way, which looks again. */
  #untilNext(): number {
    const next = this.#deps.store.outgoing.nextAt() ?? Number.POSITIVE_INFINITY;
    const left = next - Date.now();
    return left <= 0 ? EVERY_MS : Math.min(left, EVERY_MS);
  }

  #begin(delivery: DeliveryRow): void {
    const { target } = delivery;
    const work = this.#deliver(delivery)
      .catch(async (error: unknown) => {
        if (this.#stopping.signal.aborted) return;
        this.#deps.log.error({ err: error, delivery: delivery.id }, 'an outgoing delivery failed');
        // What was sent could not be written down, so it is still due: not again at once.
        await sleep(UNWRITTEN_MS, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      })
      .finally(() => {
        this.#busy.delete(target);
        this.wake();
      });
    this.#busy.set(target, { appId: delivery.app_id, work });
  }

  async #deliver(delivery: DeliveryRow): Promise<void> {
    const { store, random = Math.random } = this.#deps;
    let letter: Letter | undefined;
    let answer: OutgoingAnswer | undefined;
    let said: string;
    try {
      letter = this.#letter(delivery);
      if (letter === undefined) return this.#end(delivery, { state: 'dead' }, 'nobody wants it any more');
      answer = await this.#send(letter);
      said = answer.text;
    } catch (error) {
      this.#stopping.signal.throwIfAborted();
      said = error instanceof Error ? error.message : String(error);
    }
    const attempted = {
      status: answer?.status,
      retryAfter: answer?.retryAfter,
      attempts: delivery.attempts + 1,
      ...(letter?.final === undefined ? {} : { final: letter.final }),
    };
    const outcome = outcomeOf(attempted, random());
    store.transaction(() => this.#end(delivery, outcome, said, answer?.status));
  }

  #end(delivery: DeliveryRow, outcome: Outcome, answer: string, status?: number): void {
    const { store } = this.#deps;
    const nextAt = Date.now() + (outcome.state === 'waiting' ? outcome.afterMs : 0);
    store.outgoing.attempted(delivery, { state: outcome.state, status, answer, nextAt });
    if (outcome.state !== 'dead' || outcome.endpoint !== 'gone' || delivery.endpoint_id === null) return;
    store.notifyEndpoints.disable(delivery.endpoint_id, 'it answered 410: gone for ever');
    store.outgoing.drop(delivery.endpoint_id);
  }

  #letter(delivery: DeliveryRow): Letter | undefined {
    const { store } = this.#deps;
    const event = store.outgoing.event(delivery.event_id);
    if (!event?.body) return undefined;
    if (delivery.endpoint_id === null) return this.#status(event);
    const endpoint = store.notifyEndpoints.byId(delivery.endpoint_id);
    return endpoint && notification(endpoint, { message: event.message, body: event.body }, Date.now());
  }

  #status(event: OutgoingEventRow): Letter | undefined {
    const { store, settings } = this.#deps;
    const app = store.apps.byId(event.app_id);
    const link = store.linkedRepositories.of(event.app_id);
    const wanted = statusAfter(store, event);
    if (!app || !wanted || !link?.provider || link.secrets.statusToken === undefined) return undefined;
    const sender = {
      provider: link.provider,
      address: sourceAddress(link.url, settings),
      token: link.secrets.statusToken,
      appName: app.name,
      targetUrl: appUrl(settings, app.name),
    };
    return statusLetter(sender, {
      ...wanted,
      description: store.redactors.of(app.id).text(wanted.description),
    });
  }

  async #send({ url, headers, body, toSource }: Letter): Promise<OutgoingAnswer> {
    const { settings, resolve } = this.#deps;
    const place = placeOf(url);
    if (!place) throw new Error(`${url.protocol} is not asked`);
    const inside = [...settings.privateHosts, ...(toSource === true ? (settings.sourceHosts ?? []) : [])];
    const mayBePrivate = isNamed(place, inside);
    if (url.protocol !== 'https:' && !mayBePrivate) throw new Error(`${url.origin} is not https`);
    const addresses = await checkedAddresses(place.host, mayBePrivate, resolve);
    const { signal } = this.#stopping;
    return ask({ method: 'POST', url, headers, body, addresses, signal });
  }
}
