import type { Request, Response, Router } from 'express';
import { type RouteContract, type RouteName, routes } from '../../core/contracts/routes.ts';
import { Refusal } from '../../core/reason.ts';
import { askedFromOf } from '../access/principal.ts';
import { askedBy } from '../asked-from.ts';
import type { Redactors } from '../redaction/redactors.ts';
import { refusalWithoutSecrets } from '../redaction/refusal.ts';
import type { AppRow } from '../store/apps.ts';
import { whileStillMay } from './still-may.ts';
import type { Call, Given, PlainRoute, StreamRoute } from './call.ts';
import type { Gate } from './gate.ts';
import type { Idempotency } from './idempotency.ts';
import type { RateLimits } from './limits/rate-limits.ts';
import { OpenStreams } from './streams/open-streams.ts';
import type { Streaming } from './streams/streaming.ts';
import { unlessGone } from './unless-gone.ts';

const EVENTS = 'text/event-stream';

/** What every endpoint needs. */
export interface EndpointParts {
  readonly gate: Gate;
  /** As `gate`, for what is open already: it is not counted once more. */
  readonly recheck: Gate;
  readonly idempotency: Idempotency;
  readonly limits: RateLimits;
  readonly redactors: Pick<Redactors, 'of'>;
}

/** Puts handlers on the router, by the table of contracts and nothing else. */
export class Endpoints {
  readonly #router: Router;
  readonly #gate: Gate;
  readonly #idempotency: Idempotency;
  readonly #limits: RateLimits;
  readonly #recheck: Gate;
  readonly #redactors: Pick<Redactors, 'of'>;
  readonly #open = new OpenStreams();

  constructor(router: Router, { gate, recheck, idempotency, limits, redactors }: EndpointParts) {
    this.#redactors = redactors;
    this.#router = router;
    this.#gate = gate;
    this.#recheck = recheck;
    this.#idempotency = idempotency;
    this.#limits = limits;
  }

  /** A route that answers one JSON document, cut down to what its contract names, or nothing. */
  answer<N extends PlainRoute>(name: N, handler: (call: Call<N>) => Given<N> | Promise<Given<N>>): void {
    const contract: RouteContract = routes[name];
    this.#mount(name, async (request, response) => {
      const call = await this.#gate(name, request, request);
      const work = async (): Promise<{ status: number; body: string }> => {
        const given = await this.#withoutSecrets(call, () =>
          askedBy(askedFromOf(call.principal), async () => handler(call)),
        );
        return {
          status: contract.status,
          body: contract.answer ? JSON.stringify(contract.answer.parse(given)) : '',
        };
      };
      const key = contract.method === 'GET' ? undefined : request.get('idempotency-key');
      if (key === undefined) return send(response, await work());
      const said = [name, pathOf(call), call.query ?? null, call.body ?? null];
      const once = { person: call.principal.person.id, key, said, secret: contract.shownOnce === true };
      const { replayed, ...answer } = await this.#idempotency.once(once, work);
      if (replayed) response.set('Idempotency-Replayed', 'true');
      send(response, answer);
    });
  }

  /**
   * A route whose handler writes the answer itself.
   * @param handler what it throws before its first byte is a problem
   */
  stream<N extends StreamRoute>(
    name: N,
    handler: (call: Call<N>, response: Response, streaming: Streaming<N>) => Promise<void>,
  ): void {
    const contract: RouteContract = routes[name];
    this.#mount(name, async (request, response) => {
      const call = await this.#gate(name, request, request);
      const gone = new AbortController();
      const done = this.#limits.openStream(call.principal);
      const ended = this.#open.add(response);
      response.once('close', () => {
        done();
        ended();
        gone.abort();
      });
      const events = wantsEvents(contract, request);
      const type = events ? 'text/event-stream' : contract.stream;
      response.status(contract.status).set('Content-Type', `${type}; charset=utf-8`);
      // nginx would keep events back until it has a buffer full of them.
      if (events) response.set('X-Accel-Buffering', 'no');
      if (request.method === 'HEAD') return void response.end();
      const streaming: Streaming<N> = {
        events,
        lastEventId: request.get('last-event-id'),
        gone: gone.signal,
        stopping: this.#open.stopping,
        again: whileStillMay(() => this.#recheck(name, request, request), response),
      };
      await this.#withoutSecrets(call, () =>
        askedBy(askedFromOf(call.principal), () =>
          unlessGone(gone.signal, handler(call, response, streaming)),
        ),
      );
    });
  }

  /** Lets open events end whole, as the server stops. */
  async end(): Promise<void> {
    await this.#open.end();
  }

  /** A route that is only answered over another protocol: see `upgrade`. Checks all the same, then says so. */
  upgradeOnly(name: 'run', protocol: string): void {
    this.#mount(name, async (request, response) => {
      await this.#gate(name, request, request);
      response.set('Upgrade', protocol);
      throw new Refusal(
        426,
        'upgrade_required',
        `this is only done over Upgrade: ${protocol}`,
        'use `sluice run`',
      );
    });
  }

  /** What a refusal of an app's route says of it may be its own words. */
  async #withoutSecrets<T>(call: object, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const app = appOf(call);
      throw app === undefined ? error : refusalWithoutSecrets(this.#redactors.of(app.id), error);
    }
  }

  #mount(name: RouteName, handler: (request: Request, response: Response) => Promise<void>): void {
    const contract: RouteContract = routes[name];
    const method = contract.method.toLowerCase() as Lowercase<RouteContract['method']>;
    this.#router[method](contract.path, async (request, response) => {
      response.locals['route'] = name;
      response.locals['stream'] = contract.stream !== undefined;
      if (contract.body) requireJson(request);
      await handler(request, response);
    });
  }
}

function appOf(call: object): AppRow | undefined {
  return 'app' in call ? (call.app as AppRow) : undefined;
}

/** The name of an app may be another's tomorrow; its id never is. */
function pathOf(call: { readonly params: object }): object {
  const app = appOf(call);
  return app === undefined ? call.params : { ...call.params, app: app.id };
}

function wantsEvents({ stream, event }: RouteContract, request: Request): boolean {
  if (stream === undefined || event === undefined) return false;
  return stream === EVENTS || request.accepts([stream, EVENTS]) === EVENTS;
}

function send(response: Response, { status, body }: { status: number; body: string }): void {
  response.status(status);
  if (body === '') response.end();
  else response.type('application/json').send(body);
}

/** A body of another type was not parsed, and must not count as an empty one. */
function requireJson(request: Request): void {
  const has =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  if (!has || request.is('application/json')) return;
  throw new Refusal(
    415,
    'json_needed',
    'the body must be JSON',
    'send it with `Content-Type: application/json`',
  );
}
