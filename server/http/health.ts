import type { Router } from 'express';
import type { Logger } from 'pino';
import { exactRouter } from './bare-app.ts';

/** Each rejects (or hangs) while its part is not ready. */
export type ReadyChecks = Readonly<Record<string, () => Promise<unknown>>>;

const PATIENCE_MS = 2_000;

/** `/healthz`: the process is up. `/readyz`: it can do its work; says which part is not ready, and logs why. */
export function health(checks: ReadyChecks, log: Logger): Router {
  const router = exactRouter();
  router.get('/healthz', (_request, response) => {
    response.json({ ok: true });
  });
  router.get('/readyz', async (_request, response) => {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await passes(name, check, log)] as const),
    );
    const ok = results.every(([, passed]) => passed);
    response.status(ok ? 200 : 503).json({ ok, checks: Object.fromEntries(results) });
  });
  return router;
}

async function passes(name: string, check: () => Promise<unknown>, log: Logger): Promise<boolean> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS);
  try {
    await Promise.race([check(), late.promise]);
    return true;
  } catch (error) {
    log.warn({ err: error, check: name }, 'not ready');
    return false;
  } finally {
    clearTimeout(timer);
  }
}
