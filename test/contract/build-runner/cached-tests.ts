import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { BuildOutcome } from '../../../engines/port.ts';
import { RecordingObserver, imageOf } from '../../support/build-task.ts';
import type { TreeFiles } from '../../support/tree.ts';
import { BASE, type BuildRig, GATED } from './rig.ts';

export function cachedTests(rig: BuildRig): void {
  describe('cached tests', () => {
    it('names the build in which the same tests ran, by the same image id', async () => {
      const files = { Dockerfile: GATED, 'tests.sh': `echo ${randomUUID()}` };
      const first = await rig.build(files);
      const again = new RecordingObserver();
      again.ranIn = 38;
      const { log } = await rig.build(files, { appId: first.task.appId, buildNumber: 39 }, again);
      expect(first.observer.testImages).toMatchObject([{ cached: false }]);
      expect(again.testImages).toEqual([{ image: first.observer.testImages[0]?.image, cached: true }]);
      expect(log).toContain('       tests cached: they ran in build 38 with the same inputs\n');
      expect(log).toContain('RUN sh ./tests.sh CACHED\n');
    });

    it('runs the tests again for a file of the same size and time', async () => {
      const files = (mark: string): TreeFiles => ({ Dockerfile: GATED, 'tests.sh': `echo ${mark}` });
      const [one, two] = [randomUUID(), randomUUID()];
      const first = await rig.build(files(one));
      const { log, outcome } = await rig.build(files(two), { appId: first.task.appId });
      expect(log).toContain(`       ${two}\n`);
      expect(await rig.fixture.runInImage(imageOf(outcome), ['cat', '/app/tests.sh'])).toBe(`echo ${two}`);
    });

    it('with noCache runs every command again, those of the test stage once', async () => {
      const mark = randomUUID();
      const Dockerfile = `FROM ${BASE} AS deps\nRUN echo deps ${mark} && cat /proc/sys/kernel/random/uuid > /made/deps
FROM deps AS test\nRUN echo tests ${mark}\nFROM deps\nRUN echo app ${mark} && cat /proc/sys/kernel/random/uuid > /made/app\n`;
      const first = await rig.build({ Dockerfile });
      const again = await rig.build({ Dockerfile }, { appId: first.task.appId, noCache: true });
      for (const step of ['deps', 'tests', 'app'])
        expect(again.log.split(`       ${step} ${mark}\n`), step).toHaveLength(2);
      const ids = async (outcome: BuildOutcome) =>
        rig.fixture.runInImage(imageOf(outcome), ['cat', '/made/deps', '/made/app']);
      const [before, after] = [
        (await ids(first.outcome)).split('\n'),
        (await ids(again.outcome)).split('\n'),
      ];
      expect(after[0]).not.toBe(before[0]);
      expect(after[1]).not.toBe(before[1]);
    });
  });
}
