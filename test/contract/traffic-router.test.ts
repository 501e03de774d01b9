import { Backend } from '../e2e/router/backend.ts';
import { ask, echo, hammer, open, upgrade } from '../e2e/router/http-client.ts';
import { RouterRig, until } from '../e2e/router/rig.ts';
import { freePort } from '../support/ports.ts';
import { trafficContract } from './traffic.ts';
import type { TrafficRig } from './traffic.ts';

async function openRig(): Promise<TrafficRig> {
  const router = await RouterRig.start();
  const backends: Backend[] = [];
  const waiting = (): number => backends.reduce((sum, backend) => sum + backend.waiting, 0);
  return {
    traffic: router.traffic,
    replica: async (name) => {
      const backend = await Backend.start(name);
      backends.push(backend);
      return { host: '127.0.0.1', port: backend.port };
    },
    deadReplica: async () => ({ host: '127.0.0.1', port: await freePort() }),
    asked: ({ port }) => backends.find((backend) => backend.port === port)?.requests ?? 0,
    send: async (host, requests, path = '/') => {
      if (requests > 1) return hammer(router.httpPort, host, requests, 1, path);
      const { status, body } = await ask(router.httpPort, host, path);
      return { [status === 200 ? body : String(status)]: 1 };
    },
    stream: async (host) => {
      const answer = await open(router.httpPort, host, '/stream');
      return {
        end: async () => {
          for (const backend of backends) backend.endStreams();
          for await (const _ of answer);
        },
      };
    },
    upgrade: async (host) => {
      const { socket } = await upgrade(router.httpPort, host);
      return {
        exchange: async (word) => echo(socket, word),
        close: () => socket.destroy(),
      };
    },
    hold: async (host) => {
      const before = waiting();
      const answer = ask(router.httpPort, host, '/slow');
      await until('the request is held', () => waiting() === before + 1);
      return {
        finish: async () => {
          for (const backend of backends) backend.finish();
          return (await answer).body;
        },
      };
    },
    close: async () => {
      await router.stop();
      await Promise.all(backends.map(async (backend) => backend.stop()));
    },
  };
}

trafficContract('HAProxy behind the router', openRig);
