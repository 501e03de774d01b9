import { describe, expect, it } from 'vitest';
import { RecordingObserver, imageOf, manifest, newId, reasonOf } from '../../support/build-task.ts';
import { BASE, type BuildRig } from './rig.ts';

export function baseImages(rig: BuildRig): void {
  describe('base images', () => {
    it('are the same for test and build, even when the name moves between them', async () => {
      const base = `sluice-test-${newId()}:1`;
      const image = (mark: string) =>
        rig.build({ Dockerfile: `FROM ${BASE}\nRUN echo ${mark} > /made/mark\n` });
      const [old, other] = [imageOf((await image('old')).outcome), imageOf((await image('new')).outcome)];
      await rig.fixture.rename(old, base);
      const observer = new RecordingObserver();
      observer.tested = async () => {
        await rig.fixture.rename(other, base);
        return undefined;
      };
      const Dockerfile = `ARG TAG=0\nFROM ${base.replace(':1', ':${TAG}')} AS test\nRUN cat /made/mark
FROM ${BASE}\nCOPY --from=${base} /made/mark /copied\nRUN --mount=type=bind,from=${base},target=/b cat /b/made/mark > /made/mounted\n`;
      const args = { build: { dockerfile: 'Dockerfile', context: '.', args: { TAG: '1' } } };
      const { outcome, log } = await rig.build({ Dockerfile }, { manifest: manifest(args) }, observer);
      await rig.fixture.rename('', base);
      expect(log).toContain('       old\n');
      expect(await rig.fixture.runInImage(imageOf(outcome), ['cat', '/copied', '/made/mounted'])).toBe(
        'old\nold\n',
      );
      const digest = rig.fixture.digestOf(old);
      expect(outcome).toMatchObject({ baseDigests: { [base]: digest } });
      expect(log).toContain(`Base image ${base} is ${digest}\n`);
      expect(log).toContain(`FROM ${base}`);
    });

    it('that cannot be had fail the build with what to do, but only where they are needed', async () => {
      const unused = `FROM registry.invalid/nothing:1 AS unused\nFROM ${BASE}\nRUN true\n`;
      expect((await rig.build({ Dockerfile: unused })).outcome.result).toBe('succeeded');
      const { outcome } = await rig.build({
        Dockerfile: `FROM ${BASE}\nCOPY --from=registry.invalid/nothing:1 /a /b\n`,
      });
      expect(reasonOf(outcome)).toMatchObject({
        code: 'base_image_unavailable',
        message: expect.stringMatching(/^line 2: the base image registry\.invalid\/nothing:1 /) as string,
        hint: expect.stringContaining('docker pull registry.invalid/nothing:1') as string,
      });
    });

    it("cannot be another app's image", async () => {
      const victim = await rig.build({ Dockerfile: `FROM ${BASE}\nRUN echo secret > /made/code\n` });
      const name = `sluice/${rig.installationId}/${victim.task.appId}:b1`;
      const { outcome } = await rig.build({ Dockerfile: `FROM ${name}\nRUN cat /made/code\n` });
      expect(reasonOf(outcome).code).toBe('base_image_refused');
    });
  });
}
