import { describe, expect, it } from 'vitest';
import { RecordingObserver, manifest, reasonOf } from '../../support/build-task.ts';
import { eventually } from '../../support/eventually.ts';
import { BASE, type BuildRig, GATED } from './rig.ts';

export function end(rig: BuildRig): void {
  describe('the end', () => {
    it('comes at the limit of a stage', async () => {
      const seconds = rig.fixture.stageSeconds;
      const mark = `987${Date.now() % 1_000_000}`;
      const slow = manifest({
        test: { dockerfile: 'Dockerfile', target: 'test', timeoutSeconds: seconds },
      });
      const files = { Dockerfile: GATED, 'tests.sh': `echo begun; sleep ${mark}` };
      const { outcome } = await rig.build(files, { manifest: slow });
      expect(reasonOf(outcome)).toMatchObject({
        code: 'test_timeout',
        message: `the test stage took longer than its limit of ${seconds} s, in RUN sh ./tests.sh`,
      });
      await eventually(
        'the command is gone',
        async () => (await rig.fixture.processes(`sleep\0${mark}`)) === 0,
      );
      const building = { Dockerfile: `FROM ${BASE}\nRUN sleep ${mark}\n` };
      const late = await rig.build(building, { manifest: manifest({ buildTimeoutSeconds: seconds }) });
      expect(reasonOf(late.outcome).code).toBe('build_timeout');
    });

    it('comes with the signal, once nothing runs any more', async () => {
      const mark = `986${Date.now() % 1_000_000}`;
      const observer = new RecordingObserver();
      const cancel = new AbortController();
      const files = { Dockerfile: GATED, 'tests.sh': `echo begun; trap '' TERM; sleep ${mark}` };
      const done = rig.build(files, {}, observer, cancel.signal);
      await observer.said(/begun/);
      await eventually('the command runs', async () => (await rig.fixture.processes(`sleep\0${mark}`)) === 1);
      cancel.abort();
      const { outcome, task } = await done;
      expect(outcome).toEqual({ result: 'cancelled' });
      expect(await rig.fixture.processes(`sleep\0${mark}`)).toBe(0);
      expect(await rig.fixture.imagesOf(task)).toEqual([]);
    });

    it('explains a command that was killed for its memory', async () => {
      const { outcome } = await rig.build({ Dockerfile: `FROM ${BASE}\nRUN exit 137\n` });
      expect(reasonOf(outcome)).toMatchObject({
        code: 'build_failed',
        message: expect.stringContaining('exit code 137') as string,
        hint: expect.stringContaining('memory') as string,
      });
    });

    it('leaves nothing but the image', async () => {
      expect(await rig.fixture.leftovers(rig.installationId)).toEqual([]);
    });
  });
}
