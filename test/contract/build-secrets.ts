import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BuildTask } from '../../engines/port.ts';
import { RecordingObserver, buildOf, buildTask, imageOf, newId, reasonOf } from '../support/build-task.ts';
import type { TreeFiles } from '../support/tree.ts';
import type { BuildRunnerFixture } from './build-runner/rig.ts';

/** No other run has it, so that no step comes out of the cache of an earlier one. */
const newSecret = (): string => `s3cr3t-${randomBytes(12).toString('hex')}`;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Uses a secret without saying it. Whatever the base image's user is, the mount belongs to root. */
const sums = (mount: string, file: string): string =>
  `USER 0\nRUN --mount=type=secret,${mount} sha256sum ${file} | cut -c 1-64`;

/** What every BuildRunner must do with secrets of builds. */
export function buildSecretsContract(engine: string, make: () => Promise<BuildRunnerFixture>): void {
  describe(`secrets of builds: ${engine}`, () => {
    let fixture: BuildRunnerFixture;
    const installationId = newId();

    beforeAll(async () => {
      fixture = await make();
    });
    afterAll(() => fixture.cleanUp());

    async function build(
      files: TreeFiles,
      secrets: Readonly<Record<string, string>>,
      changes: Partial<BuildTask> = {},
    ) {
      const task = buildTask({ installationId, ...changes });
      const observer = new RecordingObserver();
      const outcome = await buildOf(fixture.runner, task, () => fixture.source(files, secrets), observer);
      await fixture.imagesOf(task);
      return { task, outcome, log: observer.text };
    }

    it('mounts one in the test stage and in the build stage, and leaves it nowhere', async () => {
      const [name, secret] = ['NPM_TOKEN', newSecret()];
      const Dockerfile = [
        'FROM busybox:1 AS test',
        `${sums(`id=${name},required=true`, `/run/secrets/${name}`)} > /tested && cat /tested`,
        'FROM busybox:1',
        `${sums(`id=${name},required=true`, `/run/secrets/${name}`)} > /built`,
        'USER 1000',
      ].join('\n');
      const { outcome, log } = await build({ Dockerfile }, { [name]: secret });
      const image = imageOf(outcome);
      expect(log).toContain(`       ${sha256(secret)}\n`);
      expect(await fixture.runInImage(image, ['cat', '/built'])).toBe(`${sha256(secret)}\n`);
      expect(await fixture.runInImage(image, ['sh', '-c', 'ls -A /run/secrets 2>/dev/null || true'])).toBe(
        '',
      );
      expect(log).not.toContain(secret);
      const everything = await fixture.everythingIn(image);
      // What a step made of it is found in there, and so would the value be. Not for a diff of megabytes.
      expect(everything.includes(sha256(secret))).toBe(true);
      expect(everything.includes(secret)).toBe(false);
    });

    it('mounts it where the Dockerfile says, byte for byte', async () => {
      const secret = `registry=http://x/\n//x/:_authToken=${newSecret()} "'\\$é\n`;
      const mount = 'id=NPMRC,target=/root/.npmrc,required=true';
      const Dockerfile = `FROM busybox:1\n${sums(mount, '/root/.npmrc')} > /built\nUSER 1000\n`;
      const { outcome } = await build({ Dockerfile }, { NPMRC: secret });
      expect(await fixture.runInImage(imageOf(outcome), ['cat', '/built'])).toBe(`${sha256(secret)}\n`);
    });

    it('gives it as a variable, or says that the engine is too old for that', async () => {
      const run = `RUN --mount=type=secret,id=A,env=A printf %s "$A" | sha256sum | cut -c 1-64 > /built`;
      const Dockerfile = `FROM busybox:1\n${run}\nUSER 1000\n`;
      const secret = newSecret();
      const { outcome } = await build({ Dockerfile }, { A: secret });
      if (fixture.secretVariables) {
        const built = await fixture.runInImage(imageOf(outcome), ['cat', '/built']);
        expect(built).toBe(`${sha256(secret)}\n`);
      } else {
        const hint = expect.stringContaining('read the file /run/secrets/NAME') as string;
        expect(reasonOf(outcome)).toMatchObject({ code: 'dockerfile_invalid', hint });
      }
    });

    it('ends a build that requires one which is not there, with what to type', async () => {
      const Dockerfile = `FROM busybox:1\n${sums('id=NPM_TOKEN,required=true', '/run/secrets/NPM_TOKEN')}\n`;
      const { outcome } = await build({ Dockerfile }, { OTHER: newSecret() });
      expect(reasonOf(outcome)).toEqual({
        code: 'build_secret_missing',
        message: expect.stringMatching(
          /^RUN --mount=type=secret,id=NPM_TOKEN.* failed: it mounts the secret NPM_TOKEN, which shop does not give to builds$/,
        ) as string,
        hint: 'sluice secrets:set NPM_TOKEN --build -a shop',
      });
    });

    it('says the same of a command that fails without the one that it asked for', async () => {
      const Dockerfile = `FROM busybox:1\nRUN --mount=type=secret,target=/etc/token cat /etc/token # ${newSecret()}\n`;
      const { outcome } = await build({ Dockerfile }, {});
      expect(reasonOf(outcome)).toMatchObject({
        code: 'build_secret_missing',
        hint: 'sluice secrets:set token --build -a shop',
      });
    });

    it('goes on where a command does without one that is not there', async () => {
      const Dockerfile = `FROM busybox:1\nRUN --mount=type=secret,id=NPM_TOKEN echo ${newSecret()}; test ! -e /run/secrets/NPM_TOKEN\nUSER 1000\n`;
      expect((await build({ Dockerfile }, {})).outcome.result).toBe('succeeded');
    });

    it('gives no app what a command of another made of a secret, though it is the same command', async () => {
      const Dockerfile = `FROM busybox:1\n# ${newSecret()}\n${sums('id=A,required=true', '/run/secrets/A')} > /built\nUSER 1000\n`;
      expect((await build({ Dockerfile }, { A: newSecret() })).outcome.result).toBe('succeeded');
      const other = await build({ Dockerfile }, {}, { appId: newId() });
      expect(reasonOf(other.outcome)).toMatchObject({ code: 'build_secret_missing' });
    });

    it('takes a command from the cache though its secret is another now, as BuildKit does', async () => {
      const Dockerfile = `FROM busybox:1\n# ${newSecret()}\n${sums('id=A', '/run/secrets/A')} > /built\nUSER 1000\n`;
      const first = await build({ Dockerfile }, { A: 'one' });
      const { appId } = first.task;
      const second = await build({ Dockerfile }, { A: 'two' }, { appId, buildNumber: 2 });
      const built = (image: string): Promise<string> => fixture.runInImage(image, ['cat', '/built']);
      expect(await built(imageOf(second.outcome))).toBe(`${sha256('one')}\n`);
      const fresh = await build({ Dockerfile }, { A: 'two' }, { appId, buildNumber: 3, noCache: true });
      expect(await built(imageOf(fresh.outcome))).toBe(`${sha256('two')}\n`);
    });
  });
}
