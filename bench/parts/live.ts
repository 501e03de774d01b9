import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../test/support/eventually.ts';
import { ByHand } from '../by-hand.ts';
import { EngineProxy } from '../engine-proxy.ts';
import { untilServed } from '../poll.ts';
import { report } from '../report.ts';
import { Rig } from '../rig.ts';
import { covered } from '../statistics.ts';

const ROUNDS = 12;
const EXAMPLE = join(import.meta.dirname, '..', '..', 'examples', 'hello-static');

/** A changed file until visitors see it: `git push` against `docker build` and `docker run`. */
export async function live(flags: ReadonlySet<string>): Promise<void> {
  report.title(`push to live of hello-static, ${ROUNDS} pairs`);
  const folder = await mkdtemp(join(tmpdir(), 'sl-bench-'));
  const proxy = await EngineProxy.start(join(folder, 'engine.sock'));
  const rig = await Rig.start({ SLUICE_DOCKER_SOCKET: join(folder, 'engine.sock') });
  const hand = new ByHand(`sluice-bench-${process.pid}`);
  try {
    const byHand = join(folder, 'site');
    await cp(EXAMPLE, byHand, { recursive: true });
    const { path } = await rig.repository('bench', 'hello-static');
    const page = await readFile(join(EXAMPLE, 'public/index.html'), 'utf8');
    report.line(`   by hand: DOCKER_BUILDKIT=1, ${await hand.version()}`);
    hand.argv(byHand, 0).forEach((argv) => report.argv('by hand', argv));
    report.argv('sluice', ['git', 'push', '-q', 'platform', 'main']);
    const ours: number[] = [];
    const theirs: number[] = [];
    const own: number[] = [];
    for (let round = -2; round < ROUNDS; round++) {
      const mark = randomUUID();
      const changed = page.replace('</body>', `<!-- ${mark} --></body>`);
      proxy.calls.length = 0;
      const a = await pushed(rig, path, changed, mark);
      await eventually('the old release is gone', () => rig.journal.retiring() === 0);
      await writeFile(join(byHand, 'public/index.html'), changed.replace(mark, `${mark}-by-hand`));
      const b = await deployed(hand, byHand, `${mark}-by-hand`);
      if (round < 0) continue;
      ours.push(a);
      theirs.push(b);
      const { accepted, live: went } = rig.journal.newestLive();
      own.push(went - accepted - covered(proxy.engineSpans(), accepted, went));
    }
    report.pairs(ours, theirs, 'ms', '<= 1.0x');
    report.values('our own share', own, 'ms');
    report.line(
      "   (accepted to live by the journal, less solves, container create and start, and the app's own start)",
    );
    report.goal('<= 110 ms');
    if (flags.has('--timeline')) timeline(rig, proxy);
  } finally {
    await hand.stop();
    await rig.stop();
    proxy.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function pushed(rig: Rig, path: string, page: string, mark: string): Promise<number> {
  await rig.platform.commit(path, { 'public/index.html': page, 'sluice.yaml': 'canary: off\n' });
  const began = performance.now();
  const served = untilServed(rig.platform.httpPort, 'bench.localhost', mark);
  const [at] = await Promise.all([served, rig.push(path, ['push', '-q', 'platform', 'main'])]);
  return at - began;
}

async function deployed(hand: ByHand, folder: string, mark: string): Promise<number> {
  const began = performance.now();
  let served: Promise<number> | undefined;
  await hand.deploy(folder, (port) => {
    served = untilServed(port, 'localhost', mark);
  });
  const at = await served;
  await hand.retire();
  return (at ?? Number.NaN) - began;
}

/** What the platform asked of the engine in the last push, in milliseconds after the build was accepted. */
function timeline(rig: Rig, proxy: EngineProxy): void {
  const { accepted, built, live: went } = rig.journal.newestLive();
  report.line(`   the last push: built after ${built - accepted} ms, live after ${went - accepted} ms`);
  for (const { name, from, to } of proxy.calls.toSorted((a, b) => a.from - b.from)) {
    report.line(
      `   ${(from - accepted).toFixed(1).padStart(8)} ${(to - from).toFixed(1).padStart(7)} ms  ${name}`,
    );
  }
}
