import { must } from '../../test/support/command.ts';
import { report } from '../report.ts';
import { Rig } from '../rig.ts';

const ROUNDS = 30;
const OPTIONS = ['-q', '-o', 'detach', '-o', 'supersede'];

/** One commit, pushed until it is acknowledged, against OpenSSH with the same git, key exchange and cipher. */
export async function push(): Promise<void> {
  report.title(`one-commit push to acknowledgement, ${ROUNDS} pairs`);
  const rig = await Rig.start();
  try {
    await rig.describe();
    const { path, bare } = await rig.repository('bench', 'hello-static');
    await rig.push(path, ['push', '-q', 'platform', 'main']);
    await rig.push(path, ['push', '-q', 'openssh', 'main']);
    const base = (await must('git', ['rev-parse', 'main'], { cwd: path })).trim();
    // No build runs beside the next measurement; each is superseded by the next.
    await rig.platform.kill('builder', 'SIGTERM');
    const sluiceArgv = ['push', ...OPTIONS, 'platform', 'main'];
    const openSshArgv = ['push', ...OPTIONS, 'openssh', 'main'];
    report.argv('sluice', ['git', ...sluiceArgv]);
    report.argv('openssh', ['git', ...openSshArgv]);
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = -1; round < ROUNDS; round++) {
      await must('git', ['reset', '-q', '--hard', base], { cwd: path });
      await rig.platform.commit(path, { 'public/round.html': `${round} ${Date.now()}\n` });
      await must('git', ['--git-dir', bare, 'update-ref', 'refs/heads/main', base]);
      const a = await rig.push(path, sluiceArgv);
      const b = await rig.push(path, openSshArgv);
      if (round < 0) continue;
      ours.push(a);
      theirs.push(b);
    }
    report.pairs(ours, theirs, 'ms', '<= 0.30x');
  } finally {
    await rig.stop();
  }
}
