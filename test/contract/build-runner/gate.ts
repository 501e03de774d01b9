import { describe, expect, it } from 'vitest';
import { imageOf, reasonOf } from '../../support/build-task.ts';
import { BASE, type BuildRig, GATED } from './rig.ts';

export function gate(rig: BuildRig): void {
  describe('the gate', () => {
    it('runs the tests, then builds the image that comes after them', async () => {
      const { outcome, observer, log } = await rig.build({ Dockerfile: GATED, 'tests.sh': 'echo all good' });
      expect(outcome).toMatchObject({
        result: 'succeeded',
        image: { exposedPorts: [80, 9000], user: '1000' },
      });
      expect(observer.stages).toEqual(['test', 'build']);
      expect(log).toMatch(/-----> Testing\n[\s\S]* {7}\[test 1\/1\] RUN sh \.\/tests\.sh\n {7}all good\n/);
      expect(log.indexOf('-----> Building image')).toBeGreaterThan(log.indexOf('all good'));
      expect(await rig.fixture.runInImage(imageOf(outcome), ['cat', '/app/tests.sh'])).toBe('echo all good');
    });

    it('makes no image when a test fails, and shows the failing lines last', async () => {
      const { task, outcome, observer, log } = await rig.build({
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
      expect(await rig.fixture.imagesOf(task)).toEqual([]);
    });

    it('says aloud that there is no test stage, and builds', async () => {
      const { outcome, observer, log } = await rig.build({ Dockerfile: `FROM ${BASE}\nRUN true\n` });
      expect(outcome.result).toBe('succeeded');
      expect(observer.stages).toEqual(['build']);
      expect(log).toMatch(/^-----> No test stage: nothing is tested\n {7}Add a stage/m);
    });

    it('takes Dockerfile.test where the Dockerfile has no test stage', async () => {
      const files = {
        Dockerfile: `FROM ${BASE}\nRUN true\n`,
        'Dockerfile.test': `FROM ${BASE}\nRUN echo apart; exit 4\n`,
      };
      const { outcome, log } = await rig.build(files);
      expect(reasonOf(outcome)).toMatchObject({
        code: 'test_failed',
        message: expect.stringContaining('exit code 4') as string,
      });
      expect(log).toContain('       apart\n');
    });

    it('builds the last stage that is not the test stage', async () => {
      const Dockerfile = `FROM ${BASE} AS app\nRUN echo app > /made/which\nFROM app AS test\nRUN echo test > /made/which\n`;
      const { outcome } = await rig.build({ Dockerfile });
      expect(await rig.fixture.runInImage(imageOf(outcome), ['cat', '/made/which'])).toBe('app\n');
    });
  });
}
