import { RouterRig } from '../e2e/router/rig.ts';
import { trafficContract } from './traffic.ts';
import { trafficRig } from './traffic-rig.ts';

trafficContract('HAProxy behind the router', async () => {
  const router = await RouterRig.start();
  return trafficRig({
    traffic: router.traffic,
    ports: [router.httpPort],
    stop: async () => router.stop(),
  });
});
