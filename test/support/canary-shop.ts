import type { AppRow } from '../../server/store/apps.ts';
import type { BuildRow } from '../../server/store/builds.ts';
import type { RolloutRow } from '../../server/store/rollouts.ts';
import { eventually } from './eventually.ts';
import { TestServer } from './server.ts';

/** A server with an app whose v1 is live, and what tests do to its v2 while that is a canary. */
export class CanaryShop {
  readonly server: TestServer;
  readonly app: AppRow;
  /** The commit of v1. */
  readonly first: string;
  readonly files: Record<string, string>;

  private constructor(server: TestServer, app: AppRow, first: string, files: Record<string, string>) {
    this.server = server;
    this.app = app;
    this.first = first;
    this.files = files;
  }

  /** @param policy of sluice.yaml: `{steps: [5, 50], …}` */
  static async start(policy: string): Promise<CanaryShop> {
    const server = await TestServer.start();
    const app = await server.app('shop');
    const files = { Dockerfile: 'FROM busybox:1\n', 'sluice.yaml': `canary: ${policy}\n` };
    const first = await server.commit(app, files);
    await server.deploy(app, first, 'image-1');
    return new CanaryShop(server, app, first, files);
  }

  /** v2, up to its first share. */
  async canary(
    files: Record<string, string> = this.files,
  ): Promise<{ readonly build: BuildRow; readonly rollout: RolloutRow }> {
    const { server, app, first } = this;
    const build = await server.push(app, await server.commit(app, { ...files, x: 'y' }, first));
    await server.build(build, 'image-2');
    const { id } = await eventually('its release', () => server.context.store.releases.byBuild(build.id));
    const isCanary = (): boolean => this.rolloutOf(id).state === 'canary';
    await eventually('its canary', () => isCanary() && this.weights()['v2'] !== undefined);
    return { build, rollout: this.rolloutOf(id) };
  }

  rolloutOf(releaseId: string): RolloutRow {
    return this.server.context.store.rollouts.byRelease(releaseId) as RolloutRow;
  }

  /** What the router gives to whom: `{v1: 9500, v2: 500}`. */
  weights(): Record<string, number> {
    const { releases } = this.server.context.store;
    const shares = this.server.traffic.routes.get(this.app.id)?.releases ?? [];
    return Object.fromEntries(
      shares
        .filter(({ weight }) => weight > 0)
        .map(({ releaseId, weight }) => [`v${releases.require(releaseId).number}`, weight]),
    );
  }

  /** Users go on asking: each tenth of a second some requests of both sides. @returns how to stop it */
  users({ release_id, previous_release_id }: RolloutRow, canaryErrors = 0): () => void {
    const { traffic } = this.server;
    const timer = setInterval(() => {
      traffic.count(release_id, { requests: 5, errors5xx: canaryErrors });
      traffic.count(previous_release_id as string, { requests: 95 });
    }, 100);
    return () => clearInterval(timer);
  }

  /** At once, and clearly. */
  goesBad({ release_id, previous_release_id }: RolloutRow): void {
    const { traffic } = this.server;
    traffic.count(previous_release_id as string, { requests: 900 });
    traffic.count(release_id, { requests: 50, errors5xx: 25 });
  }

  /** Lines of a rollout's story, as `kind: text`. */
  story({ id }: RolloutRow): string[] {
    return this.server.context.store.rollouts.events(id).map(({ kind, text }) => `${kind}: ${text}`);
  }
}
