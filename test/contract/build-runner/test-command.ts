import { describe, expect, it } from 'vitest';
import { manifest, reasonOf } from '../../support/build-task.ts';
import { type BuildRig, GATED } from './rig.ts';

export function testCommand(rig: BuildRig): void {
  describe('the generated test command', () => {
    const test = (command: string) => ({
      manifest: manifest({
        test: { dockerfile: 'Dockerfile', target: 'test', command, timeoutSeconds: 60 },
      }),
    });

    it('runs as written, whatever is in it, each time', async () => {
      const command = `printf '%s|' "a  b" '$HOME' <<'EOF' && echo \\\\ "tab	\`echo x\`" # {"}\nignored\nEOF`;
      const files = { Dockerfile: GATED, 'tests.sh': 'true' };
      const first = await rig.build(files, test(command));
      const again = await rig.build(files, { ...test(command), appId: first.task.appId });
      for (const { log } of [first, again]) expect(log).toContain('a  b|$HOME|\\ tab\tx\n');
      expect(again.observer.testImages).toMatchObject([{ cached: false }]);
    });

    it('gates the build', async () => {
      const { outcome } = await rig.build({ Dockerfile: GATED, 'tests.sh': 'true' }, test('exit 7'));
      expect(reasonOf(outcome)).toMatchObject({
        code: 'test_failed',
        message: 'exit 7 failed: exit code 7',
      });
    });
  });
}
