import { Backend } from '../e2e/router/backend.ts';
import { ask, echo, hammer, open, upgrade } from '../e2e/router/http-client.ts';
import { until } from '../e2e/router/rig.ts';
import type { Traffic } from '../../engines/port.ts';
import { freePort } from '../support/ports.ts';
import type { TrafficRig } from './traffic.ts';

export interface RoutersOfTest {
  readonly traffic: Traffic;
  /** Each takes its turn. */
  readonly ports: readonly number[];
  stop(): Promise<void>;
}

/** Replicas and a client around routers that run. */
export function trafficRig(routers: RoutersOfTest): TrafficRig {
  const backends: Backend[] = [];
  const waiting = (): number => backends.reduce((sum, backend) => sum + backend.waiting, 0);
  let turn = 0;
  const port = (): number => routers.ports[turn++ % routers.ports.length] as number;
  return {
    traffic: routers.traffic,
    replica: async (name) => {
      const backend = await Backend.start(name);
      backends.push(backend);
      return { host: '127.0.0.1', port: backend.port };
    },
    deadReplica: async () => ({ host: '127.0.0.1', port: await freePort() }),
    asked: (replica) => backends.find((backend) => backend.port === replica.port)?.requests ?? 0,
    send: async (host, requests, path = '/') => {
      if (requests > 1) return hammer(port(), host, requests, 1, path);
      const { status, body } = await ask(port(), host, path);
      return { [status === 200 ? body : String(status)]: 1 };
    },
    stream: async (host) => {
      const answer = await open(port(), host, '/stream');
      return {
        end: async () => {
          for (const backend of backends) backend.endStreams();
          for await (const _ of answer);
        },
      };
    },
    upgrade: async (host) => {
      const { socket } = await upgrade(port(), host);
      return {
        exchange: async (word) => echo(socket, word),
        close: () => socket.destroy(),
      };
    },
    hold: async (host) => {
      const before = waiting();
      const answer = ask(port(), host, '/slow');
      await until('the request is held', () => waiting() === before + 1);
      return {
        finish: async () => {
          for (const backend of backends) backend.finish();
          return (await answer).body;
        },
      };
    },
    close: async () => {
      await routers.stop();
      await Promise.all(backends.map(async (backend) => backend.stop()));
    },
  };
}
