import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BuildOutcome, BuildRunner, BuildSource, BuildTask } from '../../engines/port.ts';
import { RecordingObserver, buildOf, buildTask, manifest, newId } from '../support/build-task.ts';
import { eventually } from '../support/eventually.ts';
import type { TreeFiles } from '../support/tree.ts';

/** What the suite needs of an engine beside its BuildRunner. `busybox:1` must be there, and no registry. */
export interface BuildRunnerFixture {
  readonly runner: BuildRunner;
  /** In which a stage gets as far as its last command, and no further. */
  readonly stageSeconds: number;
  /** A commit as the runner gets it, with what is set for builds. */
  source(files: TreeFiles, secrets?: Readonly<Record<string, string>>): BuildSource;
  /** What identifies an image where it is used as a base. */
  digestOf(image: string): string;
  /** Output of a command run in an image. */
  runInImage(image: string, argv: readonly string[]): Promise<string>;
  /** Whether its BuildKit gives commands a secret as a variable, too. */
  readonly secretVariables: boolean;
  /** All that an image is, uncompressed: its config with the history, and its layers. ASCII in it can be looked for. */
  everythingIn(image: string): Promise<string>;
  /** Names of the images that the engine holds for an app. */
  imagesOf(task: BuildTask): Promise<string[]>;
  /** Everything else that attempts of an installation have left: tags, folders, dangling images. */
  leftovers(installationId: string): Promise<string[]>;
  /** Gives the name of the image `from` another name; '' removes the name. */
  rename(from: string, to: string): Promise<void>;
  /** How many processes of this machine have the mark in their command line. */
  processes(mark: string): Promise<number>;
  cleanUp(): Promise<void>;
}

/**
 * A base image of this run alone, so that no step of an earlier run is in the cache. Its user is not root, as no engine
 * refuses that, and may write in /made.
 */
const BASE = `sluice-test-${newId()}:1`;

const GATED = `FROM ${BASE} AS base
WORKDIR /app
COPY . .
FROM base AS test
RUN sh ./tests.sh
FROM base
USER 1000
EXPOSE 9000 80/tcp
CMD ["sh"]
`;

function imageOf(outcome: BuildOutcome): string {
  if (outcome.result !== 'succeeded') throw new Error(`not built: ${JSON.stringify(outcome)}`);
  return outcome.image.image;
}

function reasonOf(outcome: BuildOutcome) {
  if (outcome.result !== 'failed') throw new Error(`not failed: ${JSON.stringify(outcome)}`);
  return outcome.reason;
}

/** What every BuildRunner must do. */
export function buildRunnerContract(engine: string, make: () => Promise<BuildRunnerFixture>): void {
  describe(`BuildRunner: ${engine}`, () => {
    let fixture: BuildRunnerFixture;
    const installationId = newId();

    beforeAll(async () => {
      fixture = await make();
      const { outcome } = await build({
        Dockerfile: `FROM busybox:1\nRUN echo ${BASE} > /run-of-this-test && mkdir -m 777 /made\nUSER 1000\n`,
      });
      await fixture.rename(imageOf(outcome), BASE);
    });
    afterAll(async () => {
      await fixture.rename('', BASE);
      await fixture.cleanUp();
    });

    async function build(
      files: TreeFiles,
      changes: Partial<BuildTask> = {},
      observer = new RecordingObserver(),
      signal: AbortSignal = new AbortController().signal,
    ): Promise<{ task: BuildTask; outcome: BuildOutcome; observer: RecordingObserver; log: string }> {
      const task = buildTask({ installationId, ...changes });
      const outcome = await buildOf(fixture.runner, task, () => fixture.source(files), observer, signal);
      return { task, outcome, observer, log: observer.text };
    }

    describe('the gate', () => {
      it('runs the tests, then builds the image that comes after them', async () => {
        const { outcome, observer, log } = await build({ Dockerfile: GATED, 'tests.sh': 'echo all good' });
        expect(outcome).toMatchObject({
          result: 'succeeded',
          image: { exposedPorts: [80, 9000], user: '1000' },
        });
        expect(observer.stages).toEqual(['test', 'build']);
        expect(log).toMatch(/-----> Testing\n[\s\S]* {7}\[test 1\/1\] RUN sh \.\/tests\.sh\n {7}all good\n/);
        expect(log.indexOf('-----> Building image')).toBeGreaterThan(log.indexOf('all good'));
        expect(await fixture.runInImage(imageOf(outcome), ['cat', '/app/tests.sh'])).toBe('echo all good');
      });

      it('makes no image when a test fails, and shows the failing lines last', async () => {
        const { task, outcome, observer, log } = await build({
          Dockerfile: GATED,
          'tests.sh': 'echo expected 1, got 2; exit 3',
        });
        expect(reasonOf(outcome)).toMatchObject({
          code: 'test_failed',
          message: 'RUN sh ./tests.sh failed: exit code 3',
          hint: expect.stringContaining('docker build --target test .') as string,
        });
        expect(observer.stages).toEqual(['test']);
        expect(log).toMatch(/ {7}expected 1, got 2\n {7}RUN sh \.\/tests\.sh: exit code 3\n$/);
        expect(await fixture.imagesOf(task)).toEqual([]);
      });

      it('says aloud that there is no test stage, and builds', async () => {
        const { outcome, observer, log } = await build({ Dockerfile: `FROM ${BASE}\nRUN true\n` });
        expect(outcome.result).toBe('succeeded');
        expect(observer.stages).toEqual(['build']);
        expect(log).toMatch(/^-----> No test stage: nothing is tested\n {7}Add a stage/m);
      });

      it('takes Dockerfile.test where the Dockerfile has no test stage', async () => {
        const files = {
          Dockerfile: `FROM ${BASE}\nRUN true\n`,
          'Dockerfile.test': `FROM ${BASE}\nRUN echo apart; exit 4\n`,
        };
        const { outcome, log } = await build(files);
        expect(reasonOf(outcome)).toMatchObject({
          code: 'test_failed',
          message: expect.stringContaining('exit code 4') as string,
        });
        expect(log).toContain('       apart\n');
      });

      it('builds the last stage that is not the test stage', async () => {
        const Dockerfile = `FROM ${BASE} AS app\nRUN echo app > /made/which\nFROM app AS test\nRUN echo test > /made/which\n`;
        const { outcome } = await build({ Dockerfile });
        expect(await fixture.runInImage(imageOf(outcome), ['cat', '/made/which'])).toBe('app\n');
      });
    });

    describe('cached tests', () => {
      it('names the build in which the same tests ran, by the same image id', async () => {
        const files = { Dockerfile: GATED, 'tests.sh': `echo ${randomUUID()}` };
        const first = await build(files);
        const again = new RecordingObserver();
        again.ranIn = 38;
        const { log } = await build(files, { appId: first.task.appId, buildNumber: 39 }, again);
        expect(first.observer.testImages).toMatchObject([{ cached: false }]);
        expect(again.testImages).toEqual([{ image: first.observer.testImages[0]?.image, cached: true }]);
        expect(log).toContain('       tests cached: they ran in build 38 with the same inputs\n');
        expect(log).toContain('RUN sh ./tests.sh CACHED\n');
      });

      it('runs the tests again for a file of the same size and time', async () => {
        const files = (mark: string): TreeFiles => ({ Dockerfile: GATED, 'tests.sh': `echo ${mark}` });
        const [one, two] = [randomUUID(), randomUUID()];
        const first = await build(files(one));
        const { log, outcome } = await build(files(two), { appId: first.task.appId });
        expect(log).toContain(`       ${two}\n`);
        expect(await fixture.runInImage(imageOf(outcome), ['cat', '/app/tests.sh'])).toBe(`echo ${two}`);
      });

      it('with noCache runs every command again, those of the test stage once', async () => {
        const mark = randomUUID();
        const Dockerfile = `FROM ${BASE} AS deps\nRUN echo deps ${mark} && cat /proc/sys/kernel/random/uuid > /made/deps
FROM deps AS test\nRUN echo tests ${mark}\nFROM deps\nRUN echo app ${mark} && cat /proc/sys/kernel/random/uuid > /made/app\n`;
        const first = await build({ Dockerfile });
        const again = await build({ Dockerfile }, { appId: first.task.appId, noCache: true });
        for (const step of ['deps', 'tests', 'app'])
          expect(again.log.split(`       ${step} ${mark}\n`), step).toHaveLength(2);
        const ids = async (outcome: BuildOutcome) =>
          fixture.runInImage(imageOf(outcome), ['cat', '/made/deps', '/made/app']);
        const [before, after] = [
          (await ids(first.outcome)).split('\n'),
          (await ids(again.outcome)).split('\n'),
        ];
        expect(after[0]).not.toBe(before[0]);
        expect(after[1]).not.toBe(before[1]);
      });
    });

    describe('the generated test command', () => {
      const test = (command: string) => ({
        manifest: manifest({
          test: { dockerfile: 'Dockerfile', target: 'test', command, timeoutSeconds: 60 },
        }),
      });

      it('runs as written, whatever is in it, each time', async () => {
        const command = `printf '%s|' "a  b" '$HOME' <<'EOF' && echo \\\\ "tab	\`echo x\`" # {"}\nignored\nEOF`;
        const files = { Dockerfile: GATED, 'tests.sh': 'true' };
        const first = await build(files, test(command));
        const again = await build(files, { ...test(command), appId: first.task.appId });
        for (const { log } of [first, again]) expect(log).toContain('a  b|$HOME|\\ tab\tx\n');
        expect(again.observer.testImages).toMatchObject([{ cached: false }]);
      });

      it('gates the build', async () => {
        const { outcome } = await build({ Dockerfile: GATED, 'tests.sh': 'true' }, test('exit 7'));
        expect(reasonOf(outcome)).toMatchObject({
          code: 'test_failed',
          message: 'exit 7 failed: exit code 7',
        });
      });
    });

    describe('the context', () => {
      it('brings names, modes and links intact, and nothing of ours', async () => {
        const long = `${'d'.repeat(120)}/${'e'.repeat(140)}`;
        const files: TreeFiles = {
          Dockerfile: `FROM ${BASE}\nCOPY . /app\n`,
          'with space': '1',
          'new\nline': '2',
          '-dash': '3',
          'ünïcode/日本': '4',
          [long]: '5',
          tool: { mode: 0o755, content: '#!/bin/sh\necho ran' },
          link: { type: 'symlink', linkname: 'with space' },
          empty: '',
          big: Buffer.alloc(300_000, 'x'),
        };
        const { outcome } = await build(files);
        const image = imageOf(outcome);
        const cat = (path: string) => fixture.runInImage(image, ['cat', `/app/${path}`]);
        expect(await cat('with space')).toBe('1');
        expect(await cat('new\nline')).toBe('2');
        expect(await cat('-dash')).toBe('3');
        expect(await cat('ünïcode/日本')).toBe('4');
        expect(await cat(long)).toBe('5');
        expect(await cat('link')).toBe('1');
        expect(await cat('Dockerfile')).toBe(files['Dockerfile']);
        expect(await fixture.runInImage(image, ['/app/tool'])).toBe('ran\n');
        expect(await fixture.runInImage(image, ['readlink', '/app/link'])).toBe('with space\n');
        expect(
          await fixture.runInImage(image, ['stat', '-c', '%a %s', '/app/tool', '/app/-dash', '/app/big']),
        ).toBe('755 18\n644 1\n644 300000\n');
        const all = await fixture.runInImage(image, [
          'find',
          '/app',
          '-mindepth',
          '1',
          '-maxdepth',
          '1',
          '-print0',
        ]);
        expect(all.split('\0').filter(Boolean)).toHaveLength(Object.keys(files).length);
      });

      it('leaves out what .dockerignore names', async () => {
        const { outcome } = await build({
          Dockerfile: `FROM ${BASE}\nCOPY . /app\n`,
          '.dockerignore': '# comment\nnode_modules\n*.log\n**/secret\n!keep.log\nDockerfile\n',
          'node_modules/a/index.js': 'x',
          'a.log': 'x',
          'keep.log': 'x',
          'deep/er/secret': 'x',
          'deep/er/open': 'x',
        });
        const found = await fixture.runInImage(imageOf(outcome), ['find', '/app', '-type', 'f']);
        expect(found.trim().split('\n').sort()).toEqual([
          '/app/.dockerignore',
          '/app/deep/er/open',
          '/app/keep.log',
        ]);
      });

      it("prefers a Dockerfile's own .dockerignore, and takes the folder of build.context", async () => {
        const { outcome } = await build(
          {
            'docker/app.Dockerfile': `FROM ${BASE}\nCOPY . /app\n`,
            'docker/app.Dockerfile.dockerignore': 'b',
            'src/.dockerignore': 'a',
            'src/a': 'a',
            'src/b': 'b',
            outside: 'x',
          },
          {
            manifest: manifest({ build: { dockerfile: 'docker/app.Dockerfile', context: 'src', args: {} } }),
          },
        );
        const found = await fixture.runInImage(imageOf(outcome), ['ls', '-A', '/app']);
        expect(found).toBe('.dockerignore\na\n');
      });
    });

    describe('base images', () => {
      it('are the same for test and build, even when the name moves between them', async () => {
        const base = `sluice-test-${newId()}:1`;
        const image = (mark: string) =>
          build({ Dockerfile: `FROM ${BASE}\nRUN echo ${mark} > /made/mark\n` });
        const [old, other] = [imageOf((await image('old')).outcome), imageOf((await image('new')).outcome)];
        await fixture.rename(old, base);
        const observer = new RecordingObserver();
        observer.tested = async () => {
          await fixture.rename(other, base);
          return undefined;
        };
        const Dockerfile = `ARG TAG=0\nFROM ${base.replace(':1', ':${TAG}')} AS test\nRUN cat /made/mark
FROM ${BASE}\nCOPY --from=${base} /made/mark /copied\nRUN --mount=type=bind,from=${base},target=/b cat /b/made/mark > /made/mounted\n`;
        const args = { build: { dockerfile: 'Dockerfile', context: '.', args: { TAG: '1' } } };
        const { outcome, log } = await build({ Dockerfile }, { manifest: manifest(args) }, observer);
        await fixture.rename('', base);
        expect(log).toContain('       old\n');
        expect(await fixture.runInImage(imageOf(outcome), ['cat', '/copied', '/made/mounted'])).toBe(
          'old\nold\n',
        );
        const digest = fixture.digestOf(old);
        expect(outcome).toMatchObject({ baseDigests: { [base]: digest } });
        expect(log).toContain(`Base image ${base} is ${digest}\n`);
        expect(log).toContain(`FROM ${base}`);
      });

      it('that cannot be had fail the build with what to do, but only where they are needed', async () => {
        const unused = `FROM registry.invalid/nothing:1 AS unused\nFROM ${BASE}\nRUN true\n`;
        expect((await build({ Dockerfile: unused })).outcome.result).toBe('succeeded');
        const { outcome } = await build({
          Dockerfile: `FROM ${BASE}\nCOPY --from=registry.invalid/nothing:1 /a /b\n`,
        });
        expect(reasonOf(outcome)).toMatchObject({
          code: 'base_image_unavailable',
          message: expect.stringMatching(/^line 2: the base image registry\.invalid\/nothing:1 /) as string,
          hint: expect.stringContaining('docker pull registry.invalid/nothing:1') as string,
        });
      });

      it("cannot be another app's image", async () => {
        const victim = await build({ Dockerfile: `FROM ${BASE}\nRUN echo secret > /made/code\n` });
        const name = `sluice/${installationId}/${victim.task.appId}:b1`;
        const { outcome } = await build({ Dockerfile: `FROM ${name}\nRUN cat /made/code\n` });
        expect(reasonOf(outcome).code).toBe('base_image_refused');
      });
    });

    describe('the Dockerfile', () => {
      it('with a syntax line works without a registry, its escape line kept', async () => {
        const Dockerfile = `# syntax=docker/dockerfile:1\n# escape=\`\nFROM ${BASE}\nRUN echo one \`\n  two\n`;
        const { outcome, log } = await build({ Dockerfile });
        expect(outcome.result).toBe('succeeded');
        expect(log).toContain('       one two\n');
        expect(log.split('docker/dockerfile:1 is not here')).toHaveLength(2);
      });

      it('that cannot be read is refused with its line', async () => {
        const { outcome } = await build({ Dockerfile: `FROM ${BASE}\n\nRUNN true\n` });
        expect(reasonOf(outcome)).toMatchObject({
          code: 'dockerfile_invalid',
          message: expect.stringContaining('Dockerfile, line 3: ') as string,
        });
      });

      it('without the wanted stage is refused with the stages that it has', async () => {
        const target = { build: { dockerfile: 'Dockerfile', context: '.', args: {}, target: 'nope' } };
        const { outcome } = await build(
          { Dockerfile: GATED, 'tests.sh': '' },
          { manifest: manifest(target) },
        );
        expect(reasonOf(outcome)).toMatchObject({
          code: 'target_not_found',
          message: expect.stringContaining('its stages are base, test, 2') as string,
        });
      });

      it('gets SOURCE_VERSION and build arguments where it declares them', async () => {
        const Dockerfile = `FROM ${BASE}\nARG SOURCE_VERSION\nARG COLOUR=red\nRUN echo $SOURCE_VERSION-$COLOUR\n`;
        const args = { build: { dockerfile: 'Dockerfile', context: '.', args: { COLOUR: 'blue' } } };
        const { log, task, outcome } = await build({ Dockerfile }, { manifest: manifest(args) });
        expect(log, JSON.stringify(outcome)).toContain(`       ${task.commit}-blue\n`);
      });
    });

    describe('the end', () => {
      it('comes at the limit of a stage', async () => {
        const seconds = fixture.stageSeconds;
        const mark = `987${Date.now() % 1_000_000}`;
        const slow = manifest({
          test: { dockerfile: 'Dockerfile', target: 'test', timeoutSeconds: seconds },
        });
        const files = { Dockerfile: GATED, 'tests.sh': `echo begun; sleep ${mark}` };
        const { outcome } = await build(files, { manifest: slow });
        expect(reasonOf(outcome)).toMatchObject({
          code: 'test_timeout',
          message: `the test stage took longer than its limit of ${seconds} s, in RUN sh ./tests.sh`,
        });
        expect(await fixture.processes(`sleep\0${mark}`)).toBe(0);
        const building = { Dockerfile: `FROM ${BASE}\nRUN sleep ${mark}\n` };
        const late = await build(building, { manifest: manifest({ buildTimeoutSeconds: seconds }) });
        expect(reasonOf(late.outcome).code).toBe('build_timeout');
      });

      it('comes with the signal, once nothing runs any more', async () => {
        const mark = `986${Date.now() % 1_000_000}`;
        const observer = new RecordingObserver();
        const cancel = new AbortController();
        const files = { Dockerfile: GATED, 'tests.sh': `echo begun; trap '' TERM; sleep ${mark}` };
        const done = build(files, {}, observer, cancel.signal);
        await observer.said(/begun/);
        await eventually('the command runs', async () => (await fixture.processes(`sleep\0${mark}`)) === 1);
        cancel.abort();
        const { outcome, task } = await done;
        expect(outcome).toEqual({ result: 'cancelled' });
        expect(await fixture.processes(`sleep\0${mark}`)).toBe(0);
        expect(await fixture.imagesOf(task)).toEqual([]);
      });

      it('explains a command that was killed for its memory', async () => {
        const { outcome } = await build({ Dockerfile: `FROM ${BASE}\nRUN exit 137\n` });
        expect(reasonOf(outcome)).toMatchObject({
          code: 'build_failed',
          message: expect.stringContaining('exit code 137') as string,
          hint: expect.stringContaining('memory') as string,
        });
      });

      it('leaves nothing but the image', async () => {
        expect(await fixture.leftovers(installationId)).toEqual([]);
      });
    });

    describe('the log', () => {
      // In ten parts with rests: a stock engine cuts a step that is faster than 200 KiB/s.
      it('passes 100,000 lines in order', async () => {
        const Dockerfile = `FROM ${BASE}\nRUN : ${newId()}; for i in 0 1 2 3 4 5 6 7 8 9; do seq $((i * 10000 + 1)) $((i * 10000 + 10000)); sleep 0.4; done\n`;
        const { log } = await build({ Dockerfile });
        const numbers = log
          .split('\n')
          .filter((line) => /^ {7}\d+$/.test(line))
          .map(Number);
        expect(numbers).toHaveLength(100_000);
        expect(numbers.every((number, index) => number === index + 1)).toBe(true);
      });

      // 20 MB at once. An engine that cuts it does not get into this trouble.
      it.each([0, 3])('may be more at once than the engine can send: exit code %i', async (code) => {
        const Dockerfile = `FROM ${BASE} AS test\nRUN : ${newId()}; yes ${'x'.repeat(99)} | head -n 200000; exit ${code}\nFROM ${BASE}\n`;
        const { outcome, log } = await build({ Dockerfile });
        if (code === 0) expect(outcome.result).toBe('succeeded');
        else {
          const { code: reason, message } = reasonOf(outcome);
          expect([reason, message]).toEqual(['test_failed', expect.stringContaining('exit code')]);
        }
        const lines = log.split('\n').filter((line) => line.endsWith('xxx')).length;
        if (lines < 200_000) expect(log).toMatch(/some output is missing here|output clipped/);
      });

      it('shows the last state of lines that rewrite themselves, and whole characters', async () => {
        const Dockerfile = `FROM ${BASE}\nRUN : ${newId()}; printf '1%%\\r50%%\\r100%%\\n'; printf '\\346\\227'; sleep 0.3; printf '\\245\\n'; printf '\\033[2J\\033[31mred\\033[0m\\n'\n`;
        const { log } = await build({ Dockerfile });
        expect(log).toContain('\n       100%\n       日\n       \u001b[31mred\u001b[0m\n');
      });

      it('holds the engine while the reader is slow', async () => {
        const mark = `2.${Date.now() % 1_000_000}`;
        const observer = new RecordingObserver();
        const gate = Promise.withResolvers<void>();
        const record = observer.log.bind(observer);
        observer.log = async (text) => {
          await record(text);
          if (observer.text.includes('       first\n')) await gate.promise;
        };
        const Dockerfile = `FROM ${BASE}\nRUN echo first; sleep 0.3; echo second; sleep ${mark}\n`;
        const done = build({ Dockerfile }, {}, observer);
        await eventually(
          'the second word is out',
          async () => (await fixture.processes(`sleep\0${mark}`)) === 1,
        );
        expect(observer.text).not.toContain('       second\n');
        gate.resolve();
        expect((await done).log).toContain('       second\n');
      });
    });
  });
}
