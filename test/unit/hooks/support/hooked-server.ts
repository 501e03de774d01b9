import { onTestFinished } from 'vitest';
import type { Delivery, HookWithSecret } from '../../../../core/contracts/resources.ts';
import type { HookKind } from '../../../../core/hooks/wish.ts';
import type { Overrides } from '../../../../server/context.ts';
import type { AppRow } from '../../../../server/store/apps.ts';
import { freePort } from '../../../support/ports.ts';
import { TestServer } from '../../../support/server.ts';
import { eventually } from '../../../support/eventually.ts';
import type { Told } from './sender.ts';
import { ask } from '../../../support/ask.ts';

export const DOCKERFILE = { Dockerfile: 'FROM busybox:1\n' };

/** A server that listens for hooks, an app, and a hook of it. */
export class HookedServer {
  readonly server: TestServer;
  readonly port: number;
  app!: AppRow;

  private constructor(server: TestServer, port: number) {
    this.server = server;
    this.port = port;
  }

  static async start(
    environment: Record<string, string> = {},
    overrides: Overrides = {},
  ): Promise<HookedServer> {
    const port = await freePort();
    const server = await TestServer.start(
      {
        SLUICE_HOOKS_PORT: String(port),
        SLUICE_PUBLIC_URL: 'https://deploy.example.test/',
        ...environment,
      },
      overrides,
    );
    onTestFinished(() => server.remove());
    const hooked = new HookedServer(server, port);
    hooked.app = await server.app('shop');
    return hooked;
  }

  async hook(kind: HookKind, more: { name?: string; branch?: string } = {}): Promise<HookWithSecret> {
    const { status, body } = await this.api('POST', '/v1/apps/shop/hooks', { kind, ...more });
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body as HookWithSecret;
  }

  pathOf(hook: HookWithSecret): string {
    return new URL(hook.url).pathname;
  }

  /** As root on the machine. */
  async api(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    const { serverSocket: socketPath } = this.server.context.settings.paths;
    const headers = { 'content-type': 'application/json' };
    const said = body === undefined ? undefined : JSON.stringify(body);
    const answer = await ask({ socketPath, path, method, headers, agent: false, timeout: 20_000 }, said);
    return { status: answer.status, body: answer.body === '' ? undefined : JSON.parse(answer.body) };
  }

  async deliveries(): Promise<Delivery[]> {
    const { body } = await this.api('GET', '/v1/apps/shop/deliveries');
    return (body as { items: Delivery[] }).items;
  }

  /** What a message has become, once it has ended. */
  async ended({ body }: Told): Promise<Delivery> {
    return eventually('the delivery has ended', async () => {
      const delivery = await this.delivery(body['delivery']);
      return delivery.state !== 'pending' && delivery;
    });
  }

  async delivery(id: unknown): Promise<Delivery> {
    return (await this.api('GET', `/v1/apps/shop/deliveries/${String(id)}`)).body as Delivery;
  }
}
