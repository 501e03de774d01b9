import { report } from '../report.ts';
import { Rig } from '../rig.ts';

const BUILDS = 50;
/** Its test always fails, so that each push is a whole build and leaves nothing to run. */
const APP = { Dockerfile: 'FROM busybox:1 AS test\nRUN false\nFROM busybox:1\n' };

/** From the build's row in the journal to the row of the builder that has begun with it. */
export async function journal(): Promise<void> {
  report.title(`journal to builder start, ${BUILDS} builds`);
  report.line('   attempts.started_at - builds.created_at of the journal: whole milliseconds of the server');
  const rig = await Rig.start();
  try {
    const { path } = await rig.repository('bench', APP);
    for (let build = 0; build <= BUILDS; build++) {
      const { code } = await rig.timedGit(path, ['push', '-q', 'platform', 'main']);
      if (code === 0) throw new Error('a build whose tests fail has succeeded');
    }
    const waits = rig.journal.waits();
    report.values('first build after the start', waits.slice(0, 1), 'ms');
    report.values('builds after it', waits.slice(1), 'ms');
    report.goal('<= 3 ms median');
  } finally {
    await rig.stop();
  }
}
