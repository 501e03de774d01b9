import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { AppRow } from '../store/apps.ts';
import type { ListedReplica } from '../../engines/port.ts';
import type { ControllerDeps } from './deps.ts';
import { isAtRest, isSettled, listedRoute, reconcile, settledRoute } from './reconcile.ts';
import { keptReleases, retireLeftovers } from './retire.ts';
import { logHead } from '../log-head.ts';
import { alignBranch } from './branch.ts';
import { STALE_LOCK_MS } from '../repositories/stale-locks.ts';

/** Everything is looked at this often even when nothing woke it, in milliseconds. */
const EVERY_MS = 10_000;
/** For the engine's answer about all apps at the start, in milliseconds. */
const FIRST_LOOK_MS = 10_000;
/** What is not urgent waits for the first looks at most so long, in milliseconds. */
const CALM_AFTER_MS = 60_000;
const SWEEP_MS = 600_000;
/** What the end of an earlier server has left must be this old before it is taken for left, in milliseconds. */
const SECOND_SWEEP_MS = STALE_LOCK_MS + 5_000;
const ATTEMPT_CHECK_MS = 2_000;
const RETRY_MS = { first: 200, most: 10_000 };
/** Apps looked at side by side. */
const SIDE_BY_SIDE = 8;

/** @returns milliseconds after which to look again, undefined when only a change matters */
type Look = () => Promise<number | undefined>;

interface Looking {
  begun: boolean;
  again: boolean;
  failures: number;
  timer?: NodeJS.Timeout;
}

/** Wakes apps, one look at a time each, and tries again with a growing pause where the engine or router is away. */
export class Controller {
  readonly #deps: ControllerDeps;
  readonly #limit = pLimit(SIDE_BY_SIDE);
  readonly #looking = new Map<string, Looking>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #stops: (() => void)[] = [];
  readonly #running = new Set<Promise<void>>();
  #looked: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(deps: ControllerDeps) {
    this.#deps = deps;
  }

  /** Brings refs in line with the journal before anybody may ask, then looks at every app. */
  async start(): Promise<void> {
    const { store, attempts, workloads } = this.#deps;
    const listed = store.apps.all().length > 0 ? workloads.list() : Promise.resolve([]);
    // Read once the refs are right; it may fail before.
    listed.catch(() => undefined);
    await Promise.all(store.apps.all().map(async (app) => this.#limit(async () => this.#alignRefs(app))));
    await this.#beginLogs();
    this.#deps.changes.onAny((appId) => this.wake(appId));
    this.#timers.push(
      setInterval(() => void this.#tick(), EVERY_MS),
      setInterval(() => void this.#sweep(), SWEEP_MS),
      setTimeout(() => void this.#sweep(), SECOND_SWEEP_MS),
      setInterval(() => this.#keepRoom(), SWEEP_MS),
      setInterval(() => this.#expire(attempts), ATTEMPT_CHECK_MS),
    );
    this.#looked = this.#firstLook(listed);
  }

  /** Settles when every app has been looked at since the start and what a crash may have left is gone. Never rejects. */
  async looked(): Promise<void> {
    await this.#looked;
  }

  async #alignRefs(app: AppRow): Promise<void> {
    try {
      await this.#deps.repositories.create(app.id, app.deploy_branch);
      await alignBranch(this.#deps, app);
    } catch (error) {
      // One app's broken repository must not keep all others down.
      this.#deps.log.error({ err: error, app: app.id }, 'its repository could not be brought in line');
    }
  }

  /** A push that was journalled in the moment before a crash has no log yet, and its builder would write the first line. */
  async #beginLogs(): Promise<void> {
    const { store, buildLogs, log } = this.#deps;
    for (const build of store.builds.open()) {
      const app = store.apps.byId(build.app_id);
      try {
        if (app && (await buildLogs.size(build.id)) === 0)
          await buildLogs.append(build.id, logHead(app, build));
      } catch (error) {
        log.warn({ err: error, build: build.id }, 'its log could not be begun');
      }
    }
  }

  wake(appId: string): void {
    this.#begin(appId, () => reconcile(this.#deps, appId));
  }

  #begin(appId: string, first: Look): void {
    if (this.#stopped) return;
    const looking = this.#looking.get(appId);
    const isUrgent = this.#deps.canaries.isWorse(appId);
    if (looking && looking.timer === undefined) {
      looking.again = true;
      if (isUrgent) this.#run(this.#once(appId, looking, first));
      return;
    }
    clearTimeout(looking?.timer);
    const fresh: Looking = { begun: false, again: false, failures: looking?.failures ?? 0 };
    this.#looking.set(appId, fresh);
    const run = (): Promise<void> => this.#once(appId, fresh, first);
    // Users of a canary that is worse do not wait for other apps.
    this.#run(isUrgent ? run() : this.#limit(run));
  }

  /** Lets the looks under way end. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timers.forEach(clearInterval);
    this.#stops.forEach((stop) => stop());
    for (const looking of this.#looking.values()) clearTimeout(looking.timer);
    await Promise.allSettled(this.#running);
  }

  #run(run: Promise<void>): void {
    this.#running.add(run);
    void run.finally(() => this.#running.delete(run));
  }

  /** Once, though it may stand in the queue and be urgent meanwhile. */
  async #once(appId: string, looking: Looking, first: Look): Promise<void> {
    if (looking.begun) return;
    looking.begun = true;
    await this.#look(appId, looking, first);
  }

  async #look(appId: string, looking: Looking, first: Look): Promise<void> {
    let look = first;
    let pause: number | undefined;
    do {
      // Whatever wakes it while it looks, others get their turn in between.
      if (looking.again) await setImmediate();
      looking.again = false;
      try {
        pause = await look();
        look = () => reconcile(this.#deps, appId);
        looking.failures = 0;
      } catch (error) {
        looking.failures++;
        pause = Math.min(RETRY_MS.first * 2 ** (looking.failures - 1), RETRY_MS.most);
        this.#deps.log.warn(
          { err: error, app: appId, failures: looking.failures },
          'could not finish this look; trying again',
        );
        break;
      }
    } while (looking.again && !this.#stopped);
    if (pause === undefined || this.#stopped) this.#looking.delete(appId);
    else looking.timer = setTimeout(() => this.wake(appId), pause);
  }

  /**
   * Looks at every app after a start. Those that the journal knows to be at rest are asked about in one question to the
   * engine, as most of them need nothing but their route; when its answer takes too long, one by one.
   */
  async #firstLook(list: Promise<ListedReplica[]>): Promise<void> {
    const { store, workloads, dispatcher, routes, log } = this.#deps;
    const failed = (error: unknown): void => log.warn({ err: error }, 'the first look; looking one by one');
    dispatcher.refill(false).catch(failed);
    const resting = new Set(store.apps.all().flatMap((app) => (isAtRest(this.#deps, app) ? app.id : [])));
    // To the first question every replica is news, and each would wake its app.
    const heard = (appId: string): void => {
      if (!resting.has(appId)) this.wake(appId);
    };
    this.#stops.push(workloads.watch(heard));
    for (const app of [...store.apps.all(), ...store.apps.destroyed()]) heard(app.id);
    const late = delay(FIRST_LOOK_MS, undefined, { ref: false });
    const listed = resting.size > 0 && (await Promise.race([list, late]).catch(failed));
    if (this.#stopped) return;
    if (listed)
      this.#byTheList(
        resting,
        Map.groupBy(listed, ({ appId }) => appId),
      );
    const seen = resting.size > 0 && (await Promise.race([workloads.observe(), late]).catch(failed));
    if (this.#stopped) return;
    const replicas = Map.groupBy(seen || [], ({ appId }) => appId);
    for (const app of store.apps.all()) {
      if (!resting.delete(app.id)) continue;
      const route = seen && settledRoute(this.#deps, app, replicas.get(app.id) ?? []);
      if (route) this.#begin(app.id, () => routes.apply(route).then(() => undefined));
      else if (seen || !routes.has(app.id)) this.wake(app.id);
    }
    const hurried = delay(CALM_AFTER_MS, undefined, { ref: false });
    await Promise.race([Promise.allSettled(this.#running), hurried]);
    if (this.#stopped) return;
    // A router that came with this server has waited for the whole table.
    await Promise.race([this.#syncRoutes().catch(failed), hurried]);
    if (!this.#stopped) await this.#sweep();
  }

  /**
   * Those of which a replica is missing need not wait until all others have said how they are. The routes of the others go
   * out together, which the router makes one change of.
   */
  #byTheList(resting: Set<string>, listed: ReadonlyMap<string, ListedReplica[]>): void {
    const { store, routes, log } = this.#deps;
    for (const app of store.apps.all()) {
      if (!resting.has(app.id)) continue;
      const route = listedRoute(this.#deps, app, listed.get(app.id) ?? []);
      if (route === undefined) {
        resting.delete(app.id);
        this.wake(app.id);
      } else if (route !== 'unknown') {
        const given = routes.apply(route);
        this.#run(
          given.catch((error: unknown) => log.warn({ err: error, app: app.id }, 'its route; looking again')),
        );
      }
    }
  }

  /** One look at the engine for all apps; only those that need something are woken. */
  async #tick(): Promise<void> {
    const { store, workloads, dispatcher, log } = this.#deps;
    try {
      await dispatcher.refill(false);
      const replicas = Map.groupBy(await workloads.observe(), (replica) => replica.appId);
      const apps = store.apps.all();
      for (const app of apps) {
        if (!isSettled(this.#deps, app, replicas.get(app.id) ?? [])) this.wake(app.id);
      }
      for (const app of store.apps.destroyed()) this.wake(app.id);
      await this.#syncRoutes();
    } catch (error) {
      log.warn({ err: error }, 'the engine or the router was not reached; looking again soon');
    }
  }

  /** The router drops what is not in the table, so it is sent only once every app has been looked at. */
  async #syncRoutes(): Promise<void> {
    const { store, routes } = this.#deps;
    await routes.sync(() => store.apps.all().every((app) => routes.has(app.id)));
  }

  #expire(attempts: ControllerDeps['attempts']): void {
    try {
      attempts.expire().forEach((appId) => this.wake(appId));
    } catch (error) {
      this.#deps.log.error({ err: error }, 'the journal could not be written; trying again');
    }
  }

  #keepRoom(): void {
    try {
      this.#deps.store.keepRoom();
    } catch (error) {
      this.#deps.log.warn({ err: error }, 'no room could be kept for a rollback on a full disk');
    }
  }

  /**
   * Removes what a crash may have left: locks in repositories, and what no row knows, of apps their containers, networks
   * and repositories, of builds refs and logs.
   */
  async #sweep(): Promise<void> {
    const { store, repositories, buildLogs, workloads, lock, log } = this.#deps;
    try {
      for (const app of store.apps.all()) {
        // Under the app's lock: a ref is there a moment before its row.
        await lock.run(app.id, async () => {
          if (!store.apps.byId(app.id)) return;
          await repositories.unlock(app.id);
          for (const id of await repositories.keptBuilds(app.id)) {
            if (!store.builds.exists(id)) await repositories.dropBuild(app.id, id);
          }
        });
      }
      for (const id of await repositories.appIds()) {
        if (!store.apps.isKnown(id)) await repositories.remove(id);
      }
      for (const id of await buildLogs.ids()) if (!store.builds.exists(id)) await buildLogs.remove(id);
      const kept = Map.groupBy(await keptReleases(this.#deps), ({ appId }) => appId);
      for (const app of store.apps.all()) {
        // Nothing else wakes an app at rest of which only this is left.
        if (retireLeftovers(this.#deps, app, kept.get(app.id) ?? [])) this.wake(app.id);
      }
      await workloads.sweep(new Set([...store.apps.all(), ...store.apps.destroyed()].map((app) => app.id)));
    } catch (error) {
      log.warn({ err: error }, 'sweep');
    }
  }
}
