import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Refusal } from '../../core/reason.ts';
import type {
  AppRef,
  LogLine,
  OneOffCommand,
  ProcessSpec,
  ReleaseSpec,
  Replica,
  Workloads,
} from '../../engines/port.ts';

/** How the `web` of a release behaves. All of them write `started vN` first. */
export type Behaviour = 'healthy' | 'crashes' | 'answers-503';

export interface OpenWorkloads extends Workloads {
  close(): Promise<void>;
}

/** Of apps of tests that have ended. What fails is told by the fixture's `close`. */
export interface Removals {
  begin(appId: string): void;
  /** Resolves when no app goes any more; for tests that look at more than their own. */
  over(): Promise<void>;
}

/** What an implementation gives the suite. */
export interface WorkloadsFixture {
  readonly workloads: OpenWorkloads;
  /** Another instance over the same engine, as after a restart of the server. */
  reopen(): OpenWorkloads;
  /** Image and command of a `web` of this behaviour. */
  web(behaviour: Behaviour): { image: string; command: string };
  /** USER of that image. */
  readonly user: string;
  /** A process that only stays up. */
  readonly worker: string;
  /** Where an app takes long to go: tests begin meanwhile. Absent: each waits until its own are gone. */
  readonly removals?: Removals;
  /** A one-off that copies its input to its output, writes `oops` to stderr and ends with this code. */
  copyThenExit(code: number): Pick<OneOffCommand, 'command'>;
  close(): Promise<void>;
}

const PORT = 8080;
const DEADLINE_MS = 60_000;

export function appRef(name: string): AppRef {
  return { id: `${name}${crypto.randomUUID().replaceAll('-', '')}`.slice(0, 16), name };
}

/** Waits for a state of an app's replicas by watching, never by sleeping. */
export async function until(
  workloads: Workloads,
  appId: string,
  met: (replicas: Replica[]) => boolean,
): Promise<Replica[]> {
  const deadline = Date.now() + DEADLINE_MS;
  let changed = Promise.withResolvers<void>();
  const stop = workloads.watch(() => changed.resolve());
  try {
    for (;;) {
      changed = Promise.withResolvers();
      const replicas = await workloads.observe(appId);
      if (met(replicas)) return replicas;
      if (Date.now() > deadline) throw new Error(`not reached: ${JSON.stringify(replicas, undefined, 1)}`);
      const timer = setTimeout(changed.resolve, Math.max(1, deadline - Date.now()));
      await changed.promise;
      clearTimeout(timer);
    }
  } finally {
    stop();
  }
}

const web =
  (replicas: number) =>
  (command: string): ProcessSpec[] => [{ type: 'web', command, replicas }];

function byName(a: Replica, b: Replica): number {
  return a.name.localeCompare(b.name);
}

export const allReady =
  (count: number) =>
  (replicas: Replica[]): boolean =>
    replicas.length === count && replicas.every((replica) => replica.state === 'ready');

export async function take(lines: AsyncIterable<LogLine>): Promise<LogLine[]> {
  const taken: LogLine[] = [];
  for await (const line of lines) taken.push(line);
  return taken;
}

export function workloadsContract(name: string, open: () => Promise<WorkloadsFixture>): void {
  describe(`Workloads: ${name}`, () => {
    let fixture: WorkloadsFixture;
    let workloads: OpenWorkloads;
    const apps: AppRef[] = [];

    beforeAll(async () => {
      fixture = await open();
      workloads = fixture.workloads;
    });
    afterEach(async () => {
      for (const { id } of apps.splice(0)) {
        if (fixture.removals === undefined) await workloads.removeApp(id);
        else fixture.removals.begin(id);
      }
    });
    afterAll(() => fixture.close());

    function newApp(): AppRef {
      const app = appRef('app');
      apps.push(app);
      return app;
    }

    function release(
      app: AppRef,
      number: number,
      behaviour: Behaviour = 'healthy',
      processes?: (command: string) => ProcessSpec[],
    ): ReleaseSpec {
      const { image, command } = fixture.web(behaviour);
      return {
        app,
        releaseId: `${app.id}r${number}`,
        releaseNumber: number,
        image,
        user: fixture.user,
        env: { PORT: String(PORT), SLUICE_RELEASE: `v${number}` },
        files: {},
        port: PORT,
        host: `${app.name}.localhost`,
        health: { path: '/', timeoutSeconds: 3 },
        graceSeconds: 5,
        processes: processes?.(command) ?? [{ type: 'web', command, replicas: 1 }],
      };
    }

    it('makes every process of a release ready, with an address for web only', async () => {
      const app = newApp();
      await workloads.prepareApp(app);
      await workloads.ensure(
        release(app, 1, 'healthy', (command) => [
          { type: 'web', command, replicas: 2 },
          { type: 'worker', command: fixture.worker, replicas: 1 },
        ]),
      );
      const replicas = await until(workloads, app.id, allReady(3));
      const shown = replicas.map((r) => `${r.process}.${r.index} ${r.address?.port ?? '-'}`).toSorted();
      expect(shown).toEqual(['web.1 8080', 'web.2 8080', 'worker.1 -']);
      const hosts = replicas.flatMap((r) => (r.address === undefined ? [] : [r.address.host]));
      expect(new Set(hosts).size).toBe(2);
      expect(replicas.every((r) => r.restarts === 0 && (r.startedAt ?? 0) > 0)).toBe(true);
    });

    it('lists each replica where it is, with whether it runs', async () => {
      const app = newApp();
      await workloads.ensure(release(app, 1, 'healthy', web(2)));
      const replicas = await until(workloads, app.id, allReady(2));
      const listed = (await workloads.list()).filter(({ appId }) => appId === app.id);
      const places = replicas.map(({ process, index, address }) => ({
        process,
        index,
        address,
        running: true,
      }));
      const byIndex = (a: { index: number }, b: { index: number }): number => a.index - b.index;
      expect(listed.toSorted(byIndex)).toMatchObject(places.toSorted(byIndex));
    });

    it('does its work once when it is asked twice, also at the same moment', async () => {
      const app = newApp();
      const spec = release(app, 1, 'healthy', web(2));
      await Promise.all([workloads.ensure(spec), workloads.ensure(spec)]);
      const before = await until(workloads, app.id, allReady(2));
      await workloads.ensure(spec);
      expect(await workloads.observe(app.id)).toEqual(before);
    });

    it('starts what is missing and ends what is too many', async () => {
      const app = newApp();
      await workloads.ensure(release(app, 1, 'healthy', web(1)));
      const [first] = await until(workloads, app.id, allReady(1));
      await workloads.ensure(release(app, 1, 'healthy', web(3)));
      const three = await until(workloads, app.id, allReady(3));
      expect(three).toContainEqual(first);
      await workloads.ensure(release(app, 1, 'healthy', web(1)));
      expect(await until(workloads, app.id, allReady(1))).toEqual([first]);
    });

    it('says why a replica that crashes at its start failed, with what it wrote', async () => {
      const app = newApp();
      await workloads.ensure(release(app, 1, 'crashes'));
      const [replica] = await until(workloads, app.id, ([one]) => one?.state === 'failed');
      expect(replica?.reason?.code).toBe('crashed_on_start');
      expect(replica?.reason?.message).toContain('exited with code 7');
      expect(replica?.reason?.detail).toEqual(['exit code 7', 'started v1', 'about to crash']);
      expect(replica?.reason?.hint).toContain(`sluice logs -r v1 -a ${app.name}`);
    });

    it('fails a web that never becomes healthy, with what it answered', async () => {
      const app = newApp();
      await workloads.ensure(release(app, 1, 'answers-503'));
      const [replica] = await until(workloads, app.id, ([one]) => one?.state === 'failed');
      expect(replica?.reason?.code).toBe('health_check_failed');
      expect(replica?.reason?.message).toContain('answers 503');
    });

    it('shows the same to a fresh instance, and goes on from there', async () => {
      await fixture.removals?.over();
      const app = newApp();
      const spec = release(app, 1, 'healthy', web(2));
      await workloads.ensure(spec);
      const before = await until(workloads, app.id, allReady(2));
      const fresh = fixture.reopen();
      try {
        const after = await fresh.observe(app.id);
        expect(after.toSorted(byName)).toEqual(before.toSorted(byName));
        await fresh.ensure(spec);
        expect(await fresh.observe(app.id)).toHaveLength(2);
      } finally {
        await fresh.close();
      }
    });

    it('keeps releases apart and removes one without touching the other', async () => {
      const app = newApp();
      const [one, two] = [release(app, 1), release(app, 2)];
      await workloads.ensure(one);
      await workloads.ensure(two);
      const both = await until(workloads, app.id, allReady(2));
      await workloads.removeRelease(app, one.releaseId, 5);
      const left = await workloads.observe(app.id);
      expect(left).toEqual(both.filter((replica) => replica.releaseId === two.releaseId));
      await workloads.removeRelease(app, one.releaseId, 5);
    });

    it('replaces replicas one after the other', async () => {
      const app = newApp();
      const spec = release(app, 1, 'healthy', web(2));
      await workloads.ensure(spec);
      const before = await until(workloads, app.id, allReady(2));
      let fewest = 2;
      const countReady = async (): Promise<void> => {
        const seen = await workloads.observe(app.id);
        fewest = Math.min(fewest, seen.filter((replica) => replica.state === 'ready').length);
      };
      const stop = workloads.watch(() => {
        void countReady();
      });
      await workloads.restart(spec, 'web');
      const after = await until(workloads, app.id, allReady(2));
      stop();
      const names = new Set(before.map((replica) => replica.name));
      expect(after.some((replica) => names.has(replica.name))).toBe(false);
      expect(new Set(after.map((replica) => replica.index))).toEqual(new Set([1, 2]));
      expect(fewest).toBe(2);
    });

    it('gives the newest log lines of all replicas, also of those that are gone', async () => {
      const app = newApp();
      const [one, two] = [release(app, 1), release(app, 2)];
      await workloads.ensure(one);
      await until(workloads, app.id, allReady(1));
      await workloads.ensure(two);
      await until(workloads, app.id, allReady(2));
      await workloads.removeRelease(app, one.releaseId, 5);
      const lines = await take(workloads.logs(app, { tail: 10, follow: false }));
      expect(lines.map(({ release: number, source, text: line }) => ({ number, source, line }))).toEqual([
        { number: 1, source: 'web.1', line: 'started v1' },
        { number: 2, source: 'web.1', line: 'started v2' },
      ]);
      const [last] = await take(workloads.logs(app, { tail: 1, follow: false }));
      expect(last?.text).toBe('started v2');
      expect(await take(workloads.logs(app, { tail: 10, follow: false, process: 'worker' }))).toEqual([]);
      for (const number of [1, 2]) {
        const ofOne = await take(workloads.logs(app, { tail: 10, follow: false, release: number }));
        expect(ofOne.map((line) => line.text)).toEqual([`started v${number}`]);
      }
    });

    it('follows logs over replicas that start later, until it is told to stop', async () => {
      const app = newApp();
      await workloads.ensure(release(app, 1));
      await until(workloads, app.id, allReady(1));
      const stop = new AbortController();
      const seen: string[] = [];
      for await (const line of workloads.logs(app, { tail: 10, follow: true, signal: stop.signal })) {
        seen.push(line.text);
        if (line.text === 'started v1') await workloads.ensure(release(app, 2));
        if (line.text === 'started v2') stop.abort();
      }
      expect(seen).toEqual(['started v1', 'started v2']);
    });

    it('follows the logs of one release and one process, whatever else starts', async () => {
      const app = newApp();
      await workloads.ensure(release(app, 1));
      await until(workloads, app.id, allReady(1));
      const stop = new AbortController();
      const only = { release: 3, process: 'web' };
      const lines = workloads.logs(app, { tail: 10, follow: true, signal: stop.signal, ...only });
      const first = lines[Symbol.asyncIterator]().next();
      await workloads.ensure(release(app, 2));
      await until(workloads, app.id, allReady(2));
      await workloads.ensure(release(app, 3));
      expect((await first).value).toMatchObject({ release: 3, source: 'web.1', text: 'started v3' });
      stop.abort();
    });

    it('runs a one-off command: input, output, errors and exit code', async () => {
      const app = newApp();
      const command = { ...fixture.copyThenExit(3), key: 'once', tty: false };
      const one = await workloads.run(release(app, 1), command);
      one.stream.end('hello\n');
      const [output, errors, exit] = await Promise.all([
        text(one.stream),
        text(one.stderr ?? one.stream),
        one.exit,
      ]);
      expect({ output, errors, exit }).toEqual({
        output: 'hello\n',
        errors: 'oops\n',
        exit: { code: 3, oomKilled: false },
      });
    });

    it('runs a Procfile command of one key at most once, and knows how it ended', async () => {
      const app = newApp();
      const { command } = fixture.copyThenExit(4);
      const asText = Array.isArray(command) ? (command.at(-1) ?? '') : command;
      const once = { command: asText, key: 'release-1', tty: false };
      expect(await workloads.findOneOff(app.id, once.key)).toBeUndefined();
      const one = await workloads.run(release(app, 1), once);
      one.stream.resume();
      one.stderr?.resume();
      expect(await workloads.findOneOff(app.id, once.key)).toEqual({ state: 'running' });
      await expect(workloads.run(release(app, 1), once)).rejects.toThrow(Refusal);
      one.stream.end();
      await one.exit;
      expect(await workloads.findOneOff(app.id, once.key)).toEqual({ state: 'exited', code: 4 });
      await expect(workloads.run(release(app, 1), once)).rejects.toThrow(Refusal);
    });

    it('does not begin a command when told so in the last moment, and begins it when asked again', async () => {
      const app = newApp();
      const { command } = fixture.copyThenExit(4);
      const asText = Array.isArray(command) ? (command.at(-1) ?? '') : command;
      const once = { command: asText, key: 'release-1', tty: false };
      const begins = (): void => {
        throw new Error('not now');
      };
      await expect(workloads.run(release(app, 1), { ...once, begins })).rejects.toThrow('not now');
      expect((await workloads.findOneOff(app.id, once.key))?.state).not.toBe('running');
      let begun = 0;
      const one = await workloads.run(release(app, 1), { ...once, begins: () => (begun += 1) });
      expect(begun).toBe(1);
      one.stream.resume();
      one.stderr?.resume();
      one.stream.end();
      expect((await one.exit).code).toBe(4);
    });

    it('kills a one-off', async () => {
      const app = newApp();
      const one = await workloads.run(release(app, 1), {
        ...fixture.copyThenExit(0),
        key: 'killed',
        tty: false,
      });
      one.stream.resume();
      one.stderr?.resume();
      await one.kill();
      expect(await one.exit).toEqual({ code: 137, oomKilled: false });
    });

    it('ends a Procfile command by its key, whoever started it', async () => {
      await fixture.removals?.over();
      const app = newApp();
      const { command } = fixture.copyThenExit(0);
      const asText = Array.isArray(command) ? (command.at(-1) ?? '') : command;
      const once = { command: asText, key: 'release-2', tty: false };
      const one = await workloads.run(release(app, 1), once);
      one.stream.resume();
      one.stderr?.resume();
      const another = fixture.reopen();
      await another.endOneOff(app.id, once.key);
      const killed = { state: 'exited', code: 137 };
      expect(await another.findOneOff(app.id, once.key)).toEqual(killed);
      await another.close();
      expect(await one.exit).toMatchObject({ code: 137 });
      await workloads.endOneOff(app.id, once.key);
      await workloads.endOneOff(app.id, 'never-started');
      expect(await workloads.findOneOff(app.id, once.key)).toEqual(killed);
    });

    it('tells what it takes of the disk, and frees nothing of the build cache where no build of ours ran', async () => {
      await fixture.removals?.over();
      const app = newApp();
      const before = await workloads.usage([]);
      await workloads.ensure(release(app, 1));
      await until(workloads, app.id, allReady(1));
      await workloads.removeRelease(app, `${app.id}r1`, 5);
      const after = await workloads.usage([]);
      expect(after.appLogs).toBeGreaterThan(before.appLogs);
      expect(after.images).toBe(before.images);
      expect(after.buildCache ?? 0).toBe(0);
      expect(await workloads.trimBuildCache(1_000_000_000, [])).toBe(0);
    });

    it('removes all that an app has, and sweeps what belongs to no app', async () => {
      await fixture.removals?.over();
      const [stays, goes, orphan] = [newApp(), newApp(), newApp()];
      for (const app of [stays, goes, orphan]) await workloads.ensure(release(app, 1));
      await until(workloads, stays.id, allReady(1));
      await workloads.removeApp(goes.id);
      expect(await workloads.observe(goes.id)).toEqual([]);
      await workloads.sweep(new Set([stays.id]));
      const left = await workloads.observe();
      expect(new Set(left.map((replica) => replica.appId))).toEqual(new Set([stays.id]));
      expect(await take(workloads.logs(goes, { tail: 10, follow: false }))).toEqual([]);
    });
  });
}
