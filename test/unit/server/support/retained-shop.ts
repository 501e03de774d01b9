import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { KeyedLock } from '../../../../server/keyed-lock.ts';
import { Retention } from '../../../../server/retention/retention.ts';
import type { AppRow } from '../../../../server/store/apps.ts';
import { TestServer } from '../../../support/server.ts';

export const DAY = 24 * 3_600_000;
export const GB = 1_000_000_000;
export const FILES = { Dockerfile: 'FROM busybox:1\n', 'sluice.yaml': 'canary: off\n' };

/** A server with an app `shop`, whose disk is looked after when the test says so. */
export class RetainedShop {
  #server: TestServer | undefined;
  #app: AppRow | undefined;

  get server(): TestServer {
    if (this.#server === undefined) throw new Error('start() comes first');
    return this.#server;
  }

  get app(): AppRow {
    if (this.#app === undefined) throw new Error('start() comes first');
    return this.#app;
  }

  async start(): Promise<void> {
    this.#server = await TestServer.start();
    this.#app = await this.#server.app('shop');
  }

  async remove(): Promise<void> {
    await this.#server?.remove();
  }

  /** Another retention over the same server, at another time and with another budget; its rounds are the test's. */
  retention(later: { days?: number; budget?: number; auditDays?: number } = {}): Retention {
    const { store, settings, workloads, repositories, buildLogs, changes, log } = this.server.context;
    return new Retention({
      store,
      settings: {
        paths: settings.paths,
        diskBudgetBytes: later.budget ?? settings.diskBudgetBytes,
        auditDays: later.auditDays ?? settings.auditDays,
      },
      workloads,
      repositories,
      buildLogs,
      changes,
      lock: new KeyedLock(),
      log,
      now: () => Date.now() + (later.days ?? 0) * DAY,
    });
  }

  /** Commits that went live one after the other, each with an image of its own. */
  async deployed(count: number): Promise<{ commit: string; build: string; image: string }[]> {
    const made = [];
    for (let n = 1; n <= count; n++) {
      const commit = await this.server.commit(this.app, { ...FILES, n: String(n) });
      const build = await this.server.deploy(this.app, commit, `image-${n}`);
      await this.server.settled(this.app);
      made.push({ commit, build: build.id, image: `image-${n}` });
    }
    return made;
  }

  async failed(n: number): Promise<{ commit: string; build: string }> {
    const commit = await this.server.commit(this.app, { ...FILES, failed: String(n) });
    const build = await this.server.push(this.app, commit);
    await this.server.claim(build);
    await this.server.finish(build, { result: 'failed', reason: { code: 'test_failed', message: 'no' } });
    return { commit, build: build.id };
  }

  /** Every object of the app's repository was written so long ago. */
  async aged(hours: number): Promise<void> {
    const objects = join(this.server.context.repositories.path(this.app.id), 'objects');
    const then = new Date(Date.now() - hours * 3_600_000);
    for (const name of await readdir(objects, { recursive: true }))
      await utimes(join(objects, name), then, then);
  }

  /** How much the images of an app take from now on. */
  weigh(bytes: number): void {
    const images = this.server.engine.images.get(this.app.id) ?? [];
    this.server.engine.images.set(
      this.app.id,
      images.map((image) => ({ ...image, sizeBytes: bytes })),
    );
  }

  async keptBuilds(): Promise<string[]> {
    return (await this.server.context.repositories.keptBuilds(this.app.id)).toSorted();
  }
}
