import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fileVariables } from '../../core/config/files.ts';
import type { AppRef, ProcessSpec, ReleaseSpec } from '../../engines/port.ts';
import { eventually } from '../support/eventually.ts';
import { allReady, appRef, take, until, type WorkloadsFixture } from './workloads.ts';

/** As keys and certificates are: several lines, and characters that shells and formats make something of. */
const PEM = '-----BEGIN KEY-----\n"\'\\$(é)\n-----END KEY-----\n';
export const FILES = { TOKEN: 's3cr3t-of-a-file', KEY: PEM, EMPTY: '' };

const SUM = createHash('sha256').update(PEM).digest('hex');
const SHOWS = 'sha256sum "$KEY_FILE" | cut -c 1-64; env | grep -c s3cr3t; cat /run/secrets/TOKEN; echo';
const SHOWN = [SUM, '0', FILES.TOKEN];
/** By two processes, or by one that ran twice. */
const TWICE = [...SHOWN, ...SHOWN];

/** What every engine with real containers must do with a release's files. */
export function secretFilesContract(name: string, open: () => Promise<WorkloadsFixture>): void {
  describe(`files of a release: ${name}`, () => {
    let fixture: WorkloadsFixture;
    const apps: AppRef[] = [];

    beforeAll(async () => {
      fixture = await open();
    });
    afterEach(async () => {
      for (const { id } of apps.splice(0)) {
        if (fixture.removals === undefined) await fixture.workloads.removeApp(id);
        else fixture.removals.begin(id);
      }
    });
    afterAll(() => fixture.close());

    function release(process?: Partial<ProcessSpec>, files: Record<string, string> = FILES): ReleaseSpec {
      const app = appRef('app');
      apps.push(app);
      const { image, command } = fixture.web('healthy');
      return {
        app,
        releaseId: `${app.id}r1`,
        releaseNumber: 1,
        image,
        user: fixture.user,
        env: { PORT: '8080', SLUICE_RELEASE: 'v1', ...fileVariables(files) },
        files,
        port: 8080,
        host: `${app.name}.localhost`,
        health: { path: '/', timeoutSeconds: 10 },
        graceSeconds: 5,
        processes: [{ type: 'worker', command, replicas: 1, ...process }],
      };
    }

    /** What it has written, once that is so many lines: it runs before it writes. */
    async function lines(spec: ReleaseSpec, atLeast: number): Promise<string[]> {
      return eventually(`${atLeast} lines are written`, async () => {
        const all = await take(fixture.workloads.logs(spec.app, { tail: 100, follow: false }));
        return all.length >= atLeast && all.map((line) => line.text);
      });
    }

    it('are in each replica from its first moment, and not in its environment', async () => {
      const { workloads } = fixture;
      const spec = release({ command: `${SHOWS}; ${fixture.worker}`, replicas: 2 });
      await workloads.ensure(spec);
      await until(workloads, spec.app.id, allReady(2));
      expect((await lines(spec, TWICE.length)).toSorted()).toEqual(TWICE.toSorted());
    });

    it('are there again each time that the engine starts a replica by itself', async () => {
      const { workloads } = fixture;
      const spec = release({ command: `${SHOWS}; sleep 4; exit 3` });
      await workloads.ensure(spec);
      await until(workloads, spec.app.id, ([one]) => (one?.restarts ?? 0) > 0 && one?.state === 'ready');
      // It will run a third time.
      expect((await lines(spec, TWICE.length)).slice(0, TWICE.length)).toEqual(TWICE);
    });

    it('are there after a restart that somebody asked for', async () => {
      const { workloads } = fixture;
      const spec = release({ command: `${SHOWS}; ${fixture.worker}` });
      await workloads.ensure(spec);
      await until(workloads, spec.app.id, allReady(1));
      await workloads.restart(spec);
      expect(await lines(spec, TWICE.length)).toEqual(TWICE);
    });

    it.each([
      ['argv', ['/bin/sh', '-c', SHOWS]],
      ['a command of the Procfile', SHOWS],
    ])('are in one-offs: %s', async (_, command) => {
      const one = await fixture.workloads.run(release(), { command, key: 'shows', tty: false });
      one.stream.end();
      one.stderr?.resume();
      expect((await text(one.stream)).trim().split('\n')).toEqual(SHOWN);
      expect((await one.exit).code).toBe(0);
    });

    it('are those of the release alone: another one of the app has its own', async () => {
      const { workloads } = fixture;
      const first = release({ command: `cat /run/secrets/A; echo; ${fixture.worker}` }, { A: 'one' });
      const second = { ...first, releaseId: `${first.app.id}r2`, releaseNumber: 2, files: { A: 'two' } };
      for (const spec of [first, second]) await workloads.ensure(spec);
      await until(workloads, first.app.id, allReady(2));
      expect((await lines(first, 2)).toSorted()).toEqual(['one', 'two']);
    });

    it('are none where there are none', async () => {
      const shows = { command: 'ls -A /run/secrets 2>/dev/null | wc -l', key: 'none', tty: false };
      const one = await fixture.workloads.run(release({}, {}), shows);
      one.stream.end();
      one.stderr?.resume();
      expect((await text(one.stream)).trim()).toBe('0');
    });
  });
}
