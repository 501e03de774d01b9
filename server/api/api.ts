import type { Router } from 'express';
import { openapi } from '../../core/contracts/openapi.ts';
import { RUN_UPGRADE } from '../../core/run-frames.ts';
import { authenticator } from '../access/authenticator.ts';
import { LastUse } from '../access/last-use.ts';
import { exactRouter } from '../http/bare-app.ts';
import type { UpgradeHandler } from '../http/listen.ts';
import { registerApps } from './apps.ts';
import { registerAudit } from './audit.ts';
import { registerBuilds } from './builds.ts';
import { registerConfig } from './config.ts';
import { registerDeployKeys } from './deploy-keys.ts';
import type { ApiDeps } from './deps.ts';
import { registerDomains } from './domains.ts';
import { Endpoints } from './endpoints.ts';
import { registerEvents } from './events.ts';
import { createGate } from './gate.ts';
import { Idempotency } from './idempotency.ts';
import { answerOf, rememberAnswer } from '../http/answer-of.ts';
import { trustedProxies } from '../http/trusted-proxies.ts';
import { limited } from './limits/limited.ts';
import { RateLimits } from './limits/rate-limits.ts';
import { registerHooks } from './hooks.ts';
import { registerKeys } from './keys.ts';
import { registerLogs } from './logs.ts';
import { countAnswers, metricsRoute } from '../metrics/routes.ts';
import { registerOtherMethods } from './other-methods.ts';
import { registerMembers } from './members.ts';
import { registerPeople } from './people.ts';
import { registerNotifications } from './notifications.ts';
import { registerPlatform } from './platform.ts';
import { registerProcesses } from './processes.ts';
import { registerReleases } from './releases.ts';
import { registerRepository } from './repository.ts';
import { registerRollouts } from './rollouts.ts';
import { registerTokens } from './tokens.ts';
import { runUpgrade } from './run/upgrade.ts';

export interface Api {
  /** The routes under /v1. */
  readonly router: Router;
  /** Takes what asks for `Upgrade: sluice-run`. */
  readonly upgrade: UpgradeHandler;
  /** Lets open events end whole, before the listeners close. */
  end(): Promise<void>;
}

/** The public API, by the table core/contracts/routes.ts. */
export function createApi(deps: ApiDeps): Api {
  const router = exactRouter();
  const limits = new RateLimits(deps.rateLimits);
  router.use(rememberAnswer);
  router.use('/v1', countAnswers(deps.metrics));
  const trusts = trustedProxies(deps.proxies);
  const authenticate = authenticator(deps.store, new LastUse(deps.store, deps.log), trusts);
  const gate = createGate(deps.store, limited(authenticate, limits, answerOf, trusts));
  router.use(metricsRoute(deps.metrics, { token: deps.metricsToken, authenticate }));
  const recheck = createGate(deps.store, authenticate);
  const endpoints = new Endpoints(router, {
    gate,
    recheck,
    idempotency: new Idempotency(deps.store.db, deps.store.keys.named('idempotency').bytes),
    limits,
    redactors: deps.store.redactors,
  });
  registerPlatform(endpoints, deps);
  registerApps(endpoints, deps);
  registerConfig(endpoints, deps);
  registerBuilds(endpoints, deps);
  registerReleases(endpoints, deps);
  registerRollouts(endpoints, deps);
  registerProcesses(endpoints, deps);
  registerLogs(endpoints, deps);
  registerDomains(endpoints, deps);
  registerMembers(endpoints, deps);
  registerPeople(endpoints, deps);
  registerKeys(endpoints, deps);
  registerDeployKeys(endpoints, deps);
  registerTokens(endpoints, deps);
  registerAudit(endpoints, deps);
  registerEvents(endpoints, deps);
  registerRepository(endpoints, deps);
  registerNotifications(endpoints, deps);
  registerHooks(endpoints, deps);
  endpoints.upgradeOnly('run', RUN_UPGRADE);
  registerOtherMethods(router);
  // Made once: it takes longer than most answers, and strangers may ask for it.
  const document = JSON.stringify(openapi(deps.describe.version));
  router.get('/v1/openapi.json', (_request, response) => {
    response.type('application/json').send(document);
  });
  return { router, upgrade: runUpgrade(deps, { gate, recheck, limits }), end: () => endpoints.end() };
}
