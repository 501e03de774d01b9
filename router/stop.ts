import { access } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { RouterTraffic } from './client.ts';
import { HaproxySupervisor } from './haproxy/supervisor.ts';
import { routerLayout } from './layout.ts';
import type { RouterSettings } from './settings.ts';
import { Refusal } from '../core/reason.ts';

/** Ends the router of a data folder and its HAProxy; where no router runs, the HAProxy that one left behind. */
export async function stopRouter(settings: RouterSettings): Promise<void> {
  const layout = routerLayout(settings.dataDir);
  const router = new RouterTraffic(layout.apiSocket, { patience: 0 });
  try {
    await router.shutdown();
    while (await exists(layout.apiSocket)) await delay(10);
  } catch (error) {
    if (!(error instanceof Refusal && error.reason.code === 'router_unreachable')) throw error;
    const silent = { up: () => undefined, lost: () => undefined };
    await new HaproxySupervisor(settings.haproxy, layout, silent).stop();
  } finally {
    router.close();
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
