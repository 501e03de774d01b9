import { FollowedServer, startFollower } from '../e2e/follow/rig.ts';
import { trafficContract } from './traffic.ts';
import { trafficRig } from './traffic-rig.ts';

trafficContract('two routers that follow the server', async () => {
  const server = await FollowedServer.start();
  const routers = await Promise.all(['one', 'two'].map(async (name) => startFollower(server, name)));
  return trafficRig({
    traffic: server.traffic,
    ports: routers.map(({ httpPort }) => httpPort),
    stop: async () => {
      await Promise.all(routers.map(async (router) => router.stop()));
      await server.stop();
    },
  });
});
