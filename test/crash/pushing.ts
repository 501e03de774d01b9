import { setTimeout as pause } from 'node:timers/promises';
import { run } from '../support/command.ts';
import { type AppKind, appFiles, newToken } from './app-files.ts';
import type { DeployedApp, Wish } from './deployed-app.ts';
import { Pusher, type Pushed } from './pusher.ts';
import type { World } from './world.ts';

/** Whatever strikes, what a person asked for must have come by then, in milliseconds. */
const PATIENCE_MS = 240_000;
const BETWEEN_TRIES_MS = 300;

/** A commit of its own for each push. */
export async function commitOf(world: World, app: DeployedApp, kind: AppKind): Promise<Wish> {
  const token = newToken();
  const commit = await world.platform.commit(app.path, appFiles(kind, token));
  world.record.tokens.push({ token, appId: app.id, commit, passes: kind.passes });
  return { commit, token };
}

/** One push, and what its pusher saw, for the checker. */
export async function pushOnce(
  world: World,
  app: DeployedApp,
  commit: string,
  options: readonly string[] = [],
): Promise<Pushed> {
  const { id } = app;
  const branchBefore = await branch(world, id);
  const pusher = new Pusher(app.path, world.platform.personEnv(), options, commit);
  world.pusher = pusher;
  const pushed = await pusher.ended;
  world.record.pushes.push({
    appId: id,
    commit,
    code: pushed.code,
    build: pushed.build,
    branchBefore,
    branchAfter: await branch(world, id),
  });
  const build = pushed.build === undefined ? '' : ` (build ${pushed.build})`;
  world.story.add(
    `a push of ${commit.slice(0, 8)} ended with ${pushed.code}${build}${pushed.code === 0 ? '' : `: ${lastWords(pushed)}`}`,
  );
  return pushed;
}

/** Pushes as a person does who is told to push again. @throws Error when it never comes */
export async function pushUntil(
  world: World,
  app: DeployedApp,
  commit: string,
  enough: (pushed: Pushed) => boolean,
  options: readonly string[] = [],
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const pushed = await pushOnce(world, app, commit, options);
    if (enough(pushed)) return;
    if (performance.now() > deadline) {
      throw new Error(`the push of ${commit} never ended as it should; its last words:\n${pushed.output}`);
    }
    await pause(BETWEEN_TRIES_MS);
  }
}

export function isLive({ code }: Pushed): boolean {
  return code === 0;
}

/** The same command of a person again and again, until it ends well. @throws Error when it never does */
export async function sluiceUntil(
  world: World,
  args: readonly string[],
  enough: (ran: { code: number; output: string }) => boolean = ({ code }) => code === 0,
): Promise<string> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const ran = await world.platform.sluice(args);
    world.story.add(
      `sluice ${args.join(' ')} ended with ${ran.code}${ran.code === 0 ? '' : `: ${ran.output.trim().split('\n')[0]}`}`,
    );
    if (args[0] === 'rollback' && world.sparesRollbacks !== undefined) {
      world.record.rollbacks.push({
        app: world.shop.name,
        code: ran.code,
        output: ran.output,
        during: world.sparesRollbacks,
      });
    }
    if (enough(ran)) return ran.stdout;
    if (performance.now() > deadline) {
      throw new Error(`sluice ${args.join(' ')} never ended well; its last words:\n${ran.output}`);
    }
    await pause(BETWEEN_TRIES_MS);
  }
}

async function branch(world: World, appId: string): Promise<string | undefined> {
  const repository = `${world.platform.paths.repositories}/${appId}.git`;
  const ran = await run('git', ['--git-dir', repository, 'rev-parse', '--verify', '-q', 'refs/heads/main']);
  return ran.code === 0 ? ran.stdout.trim() : undefined;
}

function lastWords({ output }: Pushed): string {
  const lines = output.split('\n').map((line) => line.trim());
  return lines.findLast((line) => line.includes('!') || line.startsWith('fatal')) ?? lines.at(-2) ?? '';
}
