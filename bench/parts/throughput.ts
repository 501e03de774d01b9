import { setTimeout as pause } from 'node:timers/promises';
import { must } from '../../test/support/command.ts';
import { report } from '../report.ts';
import { Rig } from '../rig.ts';

const CLIENTS = 32;
const ROUNDS = 4;
/** How ssh says that the server has dropped a connection before the login, as both do when too many come at once. */
const DROPPED = /kex_exchange_identification|Connection (closed|reset)|Broken pipe/;
const MOST_TRIES = 40;
const RETRY_MS = 20;

interface Client {
  readonly path: string;
  readonly bare: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Small repositories, 32 pushed at once, each client from an address of its own. */
export async function throughput(): Promise<void> {
  report.title(`${CLIENTS} pushes at once, ${ROUNDS} pairs`);
  report.line(
    `   OpenSSH drops connections beyond 10:30:100; who is dropped tries again after ${RETRY_MS} ms`,
  );
  const rig = await Rig.start();
  try {
    await rig.describe();
    await rig.platform.kill('builder', 'SIGTERM');
    const clients: Client[] = [];
    for (let index = 0; index < CLIENTS; index++) {
      const made = await rig.repository(`bench-${index}`, {
        Dockerfile: 'FROM busybox:1\nCOPY page /page\n',
        page: 'one\n',
      });
      clients.push({ ...made, env: rig.clientEnv(['-o', `BindAddress=127.0.1.${index + 1}`]) });
    }
    report.argv('both', [
      'git',
      'push',
      '-q',
      '-o',
      'detach',
      '-o',
      'supersede',
      'platform | openssh',
      'main',
    ]);
    const ours: number[] = [];
    const theirs: number[] = [];
    const dropped = { platform: 0, openssh: 0 };
    for (let round = -1; round < ROUNDS; round++) {
      for (const { path, bare } of clients) {
        await rig.platform.commit(path, { page: `${round} ${path} ${Date.now()}\n` });
        await must('git', ['--git-dir', bare, 'update-ref', '-d', 'refs/heads/main']);
      }
      const a = await allAtOnce(rig, clients, 'platform');
      const b = await allAtOnce(rig, clients, 'openssh');
      if (round < 0) continue;
      ours.push(a.perSecond);
      theirs.push(b.perSecond);
      dropped.platform += a.dropped;
      dropped.openssh += b.dropped;
    }
    report.pairs(ours, theirs, '/s', '>= 1.2x');
    report.line(`   dropped and tried again: sluice ${dropped.platform}, by hand ${dropped.openssh}`);
  } finally {
    await rig.stop();
  }
}

async function allAtOnce(
  rig: Rig,
  clients: readonly Client[],
  remote: 'platform' | 'openssh',
): Promise<{ perSecond: number; dropped: number }> {
  const began = performance.now();
  const dropped = await Promise.all(clients.map((client) => pushUntilTaken(rig, client, remote)));
  const seconds = (performance.now() - began) / 1_000;
  return { perSecond: clients.length / seconds, dropped: dropped.reduce((sum, one) => sum + one, 0) };
}

/** @returns how often the connection was dropped */
async function pushUntilTaken(rig: Rig, { path, env }: Client, remote: string): Promise<number> {
  const args = ['push', '-q', '-o', 'detach', '-o', 'supersede', remote, 'main'];
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const { code, output } = await rig.timedGit(path, args, env);
    if (code === 0) return tries;
    if (!DROPPED.test(output)) throw new Error(`git push ${remote} ended with ${code}:\n${output}`);
    await pause(RETRY_MS);
  }
  throw new Error(`${remote} dropped the same client ${MOST_TRIES} times`);
}
