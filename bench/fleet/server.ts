import { pino } from 'pino';
import { RouterTraffic } from '../../router/client.ts';
import { createContext } from '../../server/context.ts';
import type { BuildQueue } from '../../server/queue/queue.ts';
import { readSettings } from '../../server/settings.ts';
import { eventually } from '../../test/support/eventually.ts';
import { type Fleet, type Order, POLICY, type Telling } from './fleet.ts';
import { seed } from './seed.ts';
import { FleetWorkloads } from './workloads.ts';

/**
 * A server with its real controller, canary watch, journal and router, and with very many canaries from its first moment
 * on. Only the engine and the queue of builds are not real.
 */
class FleetTraffic extends RouterTraffic {
  looks = 0;
  probes = 0;

  override async counts(): ReturnType<RouterTraffic['counts']> {
    this.looks++;
    return super.counts();
  }

  override async probe(...[probe]: Parameters<RouterTraffic['probe']>): ReturnType<RouterTraffic['probe']> {
    this.probes++;
    return super.probe(probe);
  }
}

const NO_BUILDS: BuildQueue = {
  add: async () => undefined,
  healthy: async () => true,
  builders: async () => 0,
  close: async () => undefined,
};

const fleet = JSON.parse(process.argv[2] ?? '') as Fleet;
const settings = readSettings({ PATH: process.env['PATH'], SLUICE_DATA_DIR: fleet.dataFolder });
const workloads = new FleetWorkloads();
const traffic = new FleetTraffic(settings.paths.routerSocket);
const log = pino({ level: 'warn', base: { part: 'server' } }, pino.destination(2));
const context = await createContext(settings, { workloads, traffic, queue: NO_BUILDS, log });
const { store } = context;
store.transaction(() => seed(store, workloads, fleet));
let transactions = 0;
const transaction = store.transaction.bind(store);
store.transaction = (work) => {
  transactions++;
  return transaction(work);
};
await context.controller.start();
await eventually(
  'all canaries are under watch',
  () => store.rollouts.open().every(({ progress }) => progress !== null),
  180_000,
);
setInterval(tell, 1_000);
process.on('message', (order: Order) => {
  if (order === 'stop') void context.close().then(() => process.exit(0));
  else restrain(order.minRequests);
});

/** From now on so many requests are enough, and canaries that have had them get no probes. */
function restrain(minRequests: number): void {
  const plan = JSON.stringify({ canary: { ...POLICY, minRequests }, releasePhase: false });
  store.db.run("UPDATE rollouts SET plan = ? WHERE state = 'canary'", plan);
  for (const { app_id: appId } of store.rollouts.open()) context.changes.notify(appId);
}

function tell(): void {
  process.send?.({ looks: traffic.looks, probes: traffic.probes, transactions } satisfies Telling);
}
