import { describe, expect, it } from 'vitest';
import { manifest, reasonOf } from '../../support/build-task.ts';
import { BASE, type BuildRig, GATED } from './rig.ts';

export function dockerfile(rig: BuildRig): void {
  describe('the Dockerfile', () => {
    it('with a syntax line works without a registry, its escape line kept', async () => {
      const Dockerfile = `# syntax=docker/dockerfile:1\n# escape=\`\nFROM ${BASE}\nRUN echo one \`\n  two\n`;
      const { outcome, log } = await rig.build({ Dockerfile });
      expect(outcome.result).toBe('succeeded');
      expect(log).toContain('       one two\n');
      expect(log.split('docker/dockerfile:1 is not here')).toHaveLength(2);
    });

    it('that cannot be read is refused with its line', async () => {
      const { outcome } = await rig.build({ Dockerfile: `FROM ${BASE}\n\nRUNN true\n` });
      expect(reasonOf(outcome)).toMatchObject({
        code: 'dockerfile_invalid',
        message: expect.stringContaining('Dockerfile, line 3: ') as string,
      });
    });

    it('without the wanted stage is refused with the stages that it has', async () => {
      const target = { build: { dockerfile: 'Dockerfile', context: '.', args: {}, target: 'nope' } };
      const { outcome } = await rig.build(
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
      const { log, task, outcome } = await rig.build({ Dockerfile }, { manifest: manifest(args) });
      expect(log, JSON.stringify(outcome)).toContain(`       ${task.commit}-blue\n`);
    });
  });
}
