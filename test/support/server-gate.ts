import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** One request that is kept back. */
export interface Held {
  /** Resolves once it has come. */
  readonly come: Promise<void>;
  release(): void;
}

interface Hold extends Held {
  readonly ending: string;
  readonly what: 'request' | 'answer';
  readonly arrived: () => void;
  readonly released: Promise<void>;
}

/** Stands between builders and the server, and keeps what is asked of it back: they may then be killed just there. */
export class ServerGate implements AsyncDisposable {
  /** Builder and build of the last claim that the server granted. */
  granted: { readonly builder: string; readonly buildId: string } | undefined;
  private readonly port: number;
  private readonly target: number;
  private hold: Hold | undefined;
  private readonly server = createServer((incoming, response) => {
    this.pass(incoming, response).catch(() => response.destroy());
  });

  /** Ports of this machine. */
  constructor(port: number, target: number) {
    this.port = port;
    this.target = target;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  /**
   * Keeps the next request of such a path back, or the answer to it. Once.
   * @param ending of its path
   */
  keep(what: 'request' | 'answer', ending: string): Held {
    const arrival = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    this.hold = {
      what,
      ending,
      come: arrival.promise,
      arrived: arrival.resolve,
      release: release.resolve,
      released: release.promise,
    };
    return this.hold;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = incoming.url ?? '';
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const held = this.hold !== undefined && path.endsWith(this.hold.ending) ? this.hold : undefined;
    if (held !== undefined) this.hold = undefined;
    const wait = async (): Promise<void> => {
      held?.arrived();
      await held?.released;
    };
    if (held?.what === 'request') await wait();
    // Who asked may have died meanwhile, and its words with it.
    if (incoming.socket.destroyed) return;
    const { method, headers } = incoming;
    const outgoing = request({ host: '127.0.0.1', port: this.target, method, path, headers });
    // Whoever waits without end, for what a watch tells, may hang up.
    response.on('close', () => outgoing.destroy());
    outgoing.on('error', () => response.destroy());
    outgoing.end(body);
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    if (path.endsWith('/claim') && answer.statusCode === 200) {
      this.granted = JSON.parse(body.toString('utf8')) as NonNullable<ServerGate['granted']>;
    }
    if (held?.what === 'answer') await wait();
    answer.on('error', () => response.destroy());
    answer.on('aborted', () => response.destroy());
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    response.flushHeaders();
    answer.pipe(response);
  }
}
