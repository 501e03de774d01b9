import { mkdtemp, rm } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ensureBusybox } from '../support/base-images.ts';
import { must } from '../support/command.ts';
import { type Part, PARTS } from '../support/parts.ts';
import { Platform } from '../support/platform.ts';
import { DataDisk } from './data-disk.ts';
import type { DeployedApp } from './deployed-app.ts';
import { JournalWatch } from './journal-watch.ts';
import { PrivateEngine } from './private-engine.ts';
import type { Pusher } from './pusher.ts';
import { Record } from './record.ts';
import { Story } from './story.ts';
import { Visitors } from './visitors.ts';
import { WallClock } from './wall-clock.ts';

const WATCH_MS = 25;
const SUPERVISE_MS = 200;
const VISITS_PER_SECOND = 20;

/** A platform and everything around it that can be struck: engine, disk, clock, the people who use it. */
export class World {
  readonly folder: string;
  readonly platform: Platform;
  readonly engine: PrivateEngine;
  readonly disk: DataDisk;
  readonly clock: WallClock;
  readonly visitors: Visitors;
  readonly watch: JournalWatch;
  readonly record = new Record();
  /** The app that things are done to. */
  shop!: DeployedApp;
  /** One that nothing is done to, so that its visitors must never notice a thing. */
  calm!: DeployedApp;
  story = new Story('setting up');
  /** What is wrong in this run, where a rollback must work at the first try nevertheless; undefined: it need not. */
  sparesRollbacks: string | undefined;
  /** A fault has struck, and is not mended yet. */
  isStruck = false;
  /** Whether this run strikes what stands between visitors and apps. */
  excused = false;
  /** Whoever pushes now. */
  pusher: Pusher | undefined;
  readonly #down = new Set<Part>();
  #ended = false;
  #supervised: Promise<void> = Promise.resolve();

  private constructor(
    folder: string,
    parts: { platform: Platform; engine: PrivateEngine; disk: DataDisk; clock: WallClock },
  ) {
    this.folder = folder;
    this.platform = parts.platform;
    this.engine = parts.engine;
    this.disk = parts.disk;
    this.clock = parts.clock;
    this.visitors = new Visitors(parts.platform.httpPort);
    this.watch = new JournalWatch(parts.platform.paths);
  }

  /** @throws Error outside of namespaces of its own: what the matrix does would strike the whole machine */
  static async start(): Promise<World> {
    const outside = Object.keys(networkInterfaces()).filter(
      (name) => name !== 'lo' && !/^(docker|br-|veth)/.test(name),
    );
    if (outside.length > 0) {
      throw new Error(`the kill matrix needs namespaces of its own: ./scripts/test --crash`);
    }
    const folder = await mkdtemp(join(tmpdir(), 'cr-'));
    const archive = join(folder, 'images.tar');
    await ensureBusybox();
    await must('docker', ['save', '--output', archive, 'busybox:1']);
    const engine = await PrivateEngine.start(join(folder, 'engine'), archive);
    const clock = await WallClock.start(folder);
    let disk: DataDisk | undefined;
    const platform = await Platform.start(engine.env, {
      answersUnchecked: true,
      // Redis cannot be started with libfaketime, as its allocator asks for the time too early.
      partEnv: (part) => (part === 'redis' ? {} : clock.env),
      prepare: async (paths) => {
        disk = await DataDisk.mount(paths.root);
      },
      undo: async () => disk?.unmount(),
    });
    const world = new World(folder, { platform, engine, clock, disk: disk as DataDisk });
    world.record.serverStarts = 1;
    world.watch.start(WATCH_MS);
    world.#supervised = world.#supervise();
    return world;
  }

  /** Begins the steady traffic; both apps must be live. */
  openDoors(): void {
    for (const app of [this.shop, this.calm]) this.visitors.come(`${app.name}.localhost`, VISITS_PER_SECOND);
  }

  /** Ends a part and keeps it down. */
  async down(part: Part, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#down.add(part);
    await this.platform.kill(part, signal);
  }

  async up(part: Part): Promise<void> {
    if (!this.platform.isRunning(part)) await this.#start(part);
    this.#down.delete(part);
  }

  signal(part: Part, signal: NodeJS.Signals): void {
    const pid = this.platform.pid(part);
    if (pid !== undefined && this.platform.isRunning(part)) process.kill(pid, signal);
  }

  /** Takes the whole platform away as an admin would. @throws Error when the engine keeps something of it */
  async close(): Promise<void> {
    await this.visitors.leave();
    await this.watch.stop();
    this.#ended = true;
    await this.#supervised;
    await this.platform.stop();
    await this.clock.stop();
    await this.engine.remove();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** As scripts/lib/supervise.sh: a part that ended by itself is started again. */
  async #supervise(): Promise<void> {
    while (!this.#ended) {
      for (const part of PARTS) {
        if (this.platform.isRunning(part) || this.#down.has(part)) continue;
        this.story.add(`the ${part} had ended by itself and is started again`);
        await this.#start(part);
        await pause(1_000);
      }
      await pause(SUPERVISE_MS);
    }
  }

  async #start(part: Part): Promise<void> {
    if (part === 'server') this.record.serverStarts++;
    await this.platform.startPart(part);
  }
}
