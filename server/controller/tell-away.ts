import { Refusal } from '../../core/reason.ts';
import type { ReasonCode } from '../../core/reasons/reasons.ts';
import type { RolloutRow } from '../store/rollouts.ts';
import type { ControllerDeps } from './deps.ts';
import { Patience } from './patience.ts';
import { toldOnce } from './story.ts';

/** Longer than a part takes to be started again, or for any change while it is well, in milliseconds. */
const AWAY_MS = 10_000;
const CHECK_MS = 1_000;

const ENGINE = 'the engine does not answer; what runs goes on running, and this goes on once it does';
const ROUTER = 'the router takes no change; requests go where they went until it does';
const TEXTS = new Map<string, string>(
  Object.entries({
    engine_unreachable: ENGINE,
    router_unreachable: ROUTER,
    router_failed: ROUTER,
    haproxy_down: ROUTER,
  } satisfies Partial<Record<ReasonCode, string>>),
);

/** How long the looks at an app have met a part that is away. */
const met = new Patience();

/**
 * Looks at an app; whoever follows its rollout is told when looks fail for long because a part is away, or when one waits
 * for a part that is there and says nothing.
 * @throws what the look throws
 */
export async function tellingAway<T>(
  deps: ControllerDeps,
  appId: string,
  look: () => Promise<T>,
): Promise<T> {
  let telling = Promise.resolve();
  const engineWaitsMs = engineAsked(deps, appId);
  const watch = setInterval(() => {
    // Nobody to tell: an engine that is slow for a thousand apps is not asked more because of it.
    if (openRollout(deps, appId) === undefined) return;
    const text = silent(deps.routes.waitsMs(appId), engineWaitsMs());
    if (text === undefined) return;
    clearInterval(watch);
    telling = tell(deps, appId, text);
  }, CHECK_MS);
  try {
    const result = await look();
    met.forget(appId);
    return result;
  } catch (error) {
    const text = error instanceof Refusal ? TEXTS.get(error.reason.code) : undefined;
    if (text !== undefined && met.isOver(appId, AWAY_MS)) await tell(deps, appId, text);
    throw error;
  } finally {
    clearInterval(watch);
    await telling;
  }
}

function silent(routerMs: number, engineMs: number): string | undefined {
  if (routerMs >= AWAY_MS) return ROUTER;
  return engineMs >= AWAY_MS ? ENGINE : undefined;
}

/**
 * A look may rightly wait long for an engine, as for an image. So the engine is asked something small beside it, again
 * and again; each call gives the milliseconds for which the last question has had no answer.
 */
function engineAsked({ workloads }: ControllerDeps, appId: string): () => number {
  let asked: number | undefined;
  const ask = async (): Promise<void> => {
    try {
      await workloads.observe(appId);
    } catch {
      // An engine that refuses answers, and the look meets it, too.
    } finally {
      asked = undefined;
    }
  };
  return () => {
    if (asked === undefined) {
      asked = performance.now();
      void ask();
    }
    return asked === undefined ? 0 : performance.now() - asked;
  };
}

/** Undefined, too, when the journal cannot be read, such as at the end of the server. */
function openRollout({ store, log }: ControllerDeps, appId: string): RolloutRow | undefined {
  try {
    return store.rollouts.open(appId)[0];
  } catch (error) {
    log.warn({ err: error, app: appId }, 'could not look who follows it');
    return undefined;
  }
}

async function tell(deps: ControllerDeps, appId: string, text: string): Promise<void> {
  try {
    const rollout = openRollout(deps, appId);
    if (rollout) await toldOnce(deps, rollout, { kind: 'waiting', text });
  } catch (error) {
    deps.log.warn({ err: error, app: appId }, 'could not tell what is away');
  }
}
