import type { Express, Request, Response } from 'express';
import type { HookAnswer } from '../../core/contracts/resources.ts';
import { Refusal } from '../../core/reason.ts';
import { bareApp } from '../http/bare-app.ts';
import { trustedProxies } from '../http/trusted-proxies.ts';
import type { Store } from '../store/store.ts';
import { type Accepted, accept, type Forgotten } from './accept.ts';
import { answerOf, forgottenAnswer } from './answer.ts';
import { HookLimits, type Limits, TooMany } from './limits.ts';
import type { DeliveryProcessor } from './processor.ts';
import { readBody } from './read-body.ts';
import { verify, verifyNothing } from './signature.ts';

/** An answer waits so long for the build's number, in milliseconds: most are made by then, and senders are patient. */
const ANSWER_MS = 400;

export interface HooksAppDeps {
  readonly store: Store;
  readonly processor: Pick<DeliveryProcessor, 'wake' | 'settled'>;
  readonly publicUrl: string | undefined;
  /** CIDRs of proxies whose X-Forwarded-For counts. */
  readonly proxies: readonly string[];
  readonly limits?: Partial<Limits>;
  readonly body?: { readonly bytes?: number; readonly milliseconds?: number };
}

/**
 * `POST /v1/hooks/:hook`, and nothing else. The signature is all that opens it: a hook that is not there, one of another app
 * and a wrong signature get the same answer after the same work.
 */
export function createHooksApp(deps: HooksAppDeps): Express {
  const { store, processor } = deps;
  const limits = new HookLimits(deps.limits);
  const app = bareApp();
  const trusts = trustedProxies(deps.proxies);
  // Without an address: the machine's own socket, which only its owner may open.
  app.set('trust proxy', (address: string | undefined) => address === undefined || trusts(address));
  app.post('/v1/hooks/:hook', async (request, response) => {
    const address = request.ip ?? 'machine';
    try {
      await limits.fromAddress(address);
      const body = await readBody(request, deps.body);
      const accepted = await taken(request, address, body);
      if ('deliveryId' in accepted) return answer(response, 200, forgottenAnswer(accepted, deps.publicUrl));
      if (accepted.delivery.state === 'pending') {
        processor.wake(accepted.delivery.app_id);
        await processor.settled(accepted.delivery.id, ANSWER_MS);
      }
      tell(response, accepted);
    } catch (error) {
      if (error instanceof TooMany) response.set('Retry-After', String(error.seconds));
      // What is left of the request is not read.
      if (!request.complete) response.set('Connection', 'close');
      throw error;
    }
  });
  return app;

  async function taken(
    request: Request<{ hook: string }>,
    address: string,
    body: Buffer,
  ): Promise<Accepted | Forgotten> {
    const header = (name: string): string | undefined => request.get(name);
    const now = Date.now();
    const hook = store.hooks.byId(request.params.hook);
    const owner = hook && store.apps.byId(hook.app_id);
    if (!hook || !owner) {
      verifyNothing(header, body, now);
      throw await wrong(address);
    }
    const verified = verify(hook.kind, store.hooks.signingSecrets(owner, hook, now), header, body, now);
    if (!verified) {
      store.hooks.noteRefused(hook.id, 'hook_signature_wrong', now);
      throw await wrong(address);
    }
    await limits.ofHook(hook.id);
    if (hook.enabled === 0) throw resting();
    if (verified.stale) {
      store.hooks.noteRefused(hook.id, 'hook_message_stale', now);
      throw stale();
    }
    return accept(store, { app: owner, hook, header, body, address }, verified, now);
  }

  async function wrong(address: string): Promise<Refusal> {
    await limits.wrong(address);
    return new Refusal(
      401,
      'hook_signature_wrong',
      'there is no such hook, or the signature of the message is missing or wrong',
      'sluice hooks:info shows the address; a lost secret is replaced by `sluice hooks:rotate`',
    );
  }

  function tell(response: Response, { delivery, repeated }: Accepted): void {
    const now = store.deliveries.byId(delivery.id) ?? delivery;
    const { status, reason } = now;
    // It was refused for what it says, not for how it went.
    if (status >= 400 && reason) {
      throw Refusal.of(status, reason);
    }
    answer(response, repeated ? 200 : status, answerOf(store, now, { repeated, publicUrl: deps.publicUrl }));
  }
}

function answer(response: Response, status: number, said: HookAnswer): void {
  response.status(status).set('Location', said.url).json(said);
}

function resting(): Refusal {
  return new Refusal(409, 'hook_resting', 'this hook is switched off', 'sluice hooks:enable HOOK');
}

function stale(): Refusal {
  return new Refusal(
    400,
    'hook_message_stale',
    'the signed time of this message is more than 5 minutes from now',
    'sign it anew when it is sent; if it was, set the clocks of both machines',
  );
}
