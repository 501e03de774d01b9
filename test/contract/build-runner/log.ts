import { describe, expect, it } from 'vitest';
import { RecordingObserver, newId, reasonOf } from '../../support/build-task.ts';
import { eventually } from '../../support/eventually.ts';
import { BASE, type BuildRig } from './rig.ts';

export function buildLog(rig: BuildRig): void {
  describe('the log', () => {
    // In ten parts with rests: a stock engine cuts a step that is faster than 200 KiB/s.
    it('passes 100,000 lines in order', async () => {
      const Dockerfile = `FROM ${BASE}\nRUN : ${newId()}; for i in 0 1 2 3 4 5 6 7 8 9; do seq $((i * 10000 + 1)) $((i * 10000 + 10000)); sleep 0.4; done\n`;
      const { log } = await rig.build({ Dockerfile });
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
      const { outcome, log } = await rig.build({ Dockerfile });
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
      const { log } = await rig.build({ Dockerfile });
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
      const done = rig.build({ Dockerfile }, {}, observer);
      await eventually(
        'the second word is out',
        async () => (await rig.fixture.processes(`sleep\0${mark}`)) === 1,
      );
      expect(observer.text).not.toContain('       second\n');
      gate.resolve();
      expect((await done).log).toContain('       second\n');
    });
  });
}
