import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { accepts } from './tcp.ts';

export interface EngineCall {
  readonly name: string;
  /** Milliseconds since 1970, with fractions. */
  readonly from: number;
  to: number;
}

const REQUEST = /^(GET|HEAD|POST|PUT|DELETE) (\S+) HTTP\/1\.1\r\n/;
const ADDRESS = /"IPv4Address":"([\d.]+)"/;
/** Between two tries to connect to an app that starts. */
const BOOT_POLL_MS = 2;
const BOOT_TIMEOUT_MS = 20;
const BOOT_TRIES = 1_000;

/**
 * Stands between the platform and the Docker engine and takes the times of its calls, so that the platform's own share
 * can be told from the engine's. Passes every byte on as it is.
 */
export class EngineProxy {
  readonly calls: EngineCall[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #address: string | undefined;

  private constructor(engine: string) {
    this.#server = createServer((client) => this.#serve(client, connect({ path: engine })));
  }

  static async start(path: string, engine = '/var/run/docker.sock'): Promise<EngineProxy> {
    const proxy = new EngineProxy(engine);
    await new Promise<void>((resolve) => proxy.#server.listen(path, resolve));
    return proxy;
  }

  /** Spans in which the engine solved, or made and started a container until it accepted connections. */
  engineSpans(): [number, number][] {
    return this.calls.filter(({ name }) => IS_ENGINE.test(name)).map(({ from, to }) => [from, to]);
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(client: Socket, engine: Socket): void {
    let call: EngineCall | undefined;
    client.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      const [, method, url] = REQUEST.exec(text) ?? [];
      if (method !== undefined && url !== undefined) {
        call = { name: `${method} ${plain(url)}`, from: now(), to: now() };
        this.calls.push(call);
      }
      if (call?.name.includes('/containers/create')) this.#address = ADDRESS.exec(text)?.[1] ?? this.#address;
    });
    let booted: EngineCall | undefined;
    engine.on('data', () => {
      if (!call) return;
      call.to = now();
      if (booted === call || !IS_START.test(call.name)) return;
      booted = call;
      void this.#boot();
    });
    for (const [from, to] of [
      [client, engine],
      [engine, client],
    ] as const) {
      this.#sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }

  /** From the engine's answer that the newest container runs until it accepts connections. */
  async #boot(): Promise<void> {
    const address = this.#address;
    if (address === undefined) return;
    const boot = { name: 'boot', from: now(), to: now() };
    for (let tries = 0; tries < BOOT_TRIES && !(await accepts(8080, address, BOOT_TIMEOUT_MS)); tries++)
      await pause(BOOT_POLL_MS);
    boot.to = now();
    this.calls.push(boot);
  }
}

const IS_START = /^POST \/containers\/[^/]+\/start/;
const IS_ENGINE = /^(boot$|POST \/build\b|POST \/containers\/create|POST \/containers\/[^/]+\/start)/;

function now(): number {
  return performance.timeOrigin + performance.now();
}

/** The path without what only differs from call to call. */
function plain(url: string): string {
  return decodeURIComponent(url)
    .replace(/\?.*$/, '')
    .replaceAll(/[0-9a-f]{12,}/g, (id) => id.slice(0, 8));
}
