import { afterAll, beforeAll, describe } from 'vitest';
import { baseImages } from './base-images.ts';
import { cachedTests } from './cached-tests.ts';
import { context } from './context.ts';
import { dockerfile } from './dockerfile.ts';
import { end } from './end.ts';
import { gate } from './gate.ts';
import { buildLog } from './log.ts';
import { BuildRig, type BuildRunnerFixture } from './rig.ts';
import { testCommand } from './test-command.ts';

/** What every BuildRunner must do. */
export function buildRunnerContract(engine: string, make: () => Promise<BuildRunnerFixture>): void {
  describe(`BuildRunner: ${engine}`, () => {
    const rig = new BuildRig(make);

    beforeAll(() => rig.open());
    afterAll(() => rig.close());

    gate(rig);
    cachedTests(rig);
    testCommand(rig);
    context(rig);
    baseImages(rig);
    dockerfile(rig);
    end(rig);
    buildLog(rig);
  });
}
