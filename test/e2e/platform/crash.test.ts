import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import type { PushFact } from '../../support/invariants/facts.ts';
import { look } from '../../support/invariants/look.ts';
import { violations } from '../../support/invariants/violations.ts';
import { type Part, PARTS, Platform } from '../../support/platform.ts';
import { seeded } from '../../support/random.ts';
import { testSettings } from '../../support/settings.ts';

type Victim = Part | 'haproxy';
const VICTIMS: readonly Victim[] = [...PARTS, 'haproxy'];
/** A push of this app takes about this long, so kills fall on all of it, in milliseconds. */
const PUSH_MS = 3_000;

let platform: Platform;
beforeAll(async () => {
  platform = await Platform.start();
});
afterAll(async () => {
  await platform?.stop();
});

/** A page that tells its release, and tests that take a moment. */
function app(run: number): Record<string, string> {
  return {
    Dockerfile:
      'FROM busybox:1 AS test\nCOPY . /app\nRUN sleep 1; grep -q good /app/checks\nFROM busybox:1\nUSER 1000\nCOPY run /run-number\n',
    Procfile:
      'web: mkdir /tmp/www && echo "v=$SLUICE_RELEASE" > /tmp/www/index.html && exec httpd -f -p $PORT -h /tmp/www\n',
    checks: 'good\n',
    run: `${testSettings.crashSeed} ${run} ${Date.now()}\n`,
  };
}

async function kill(victim: Victim): Promise<void> {
  if (victim !== 'haproxy') return platform.restart(victim);
  process.kill(await platform.haproxyPid(), 'SIGKILL');
}

test(`kills at random moments of a push break no invariant (seed ${testSettings.crashSeed}, ${testSettings.crashRuns} runs)`, async () => {
  const random = seeded(testSettings.crashSeed);
  const pushes: PushFact[] = [];
  await platform.sluiceOk(['apps:create', 'shop']);
  const path = await platform.repository('shop', app(0));

  const push = async (commit: string): Promise<number> => {
    const ran = await platform.git(path, ['push', 'platform', 'main']);
    const build = /-----> Build (\d+) of shop/.exec(ran.output)?.[1];
    pushes.push({
      app: 'shop',
      commit,
      code: ran.code,
      build: build === undefined ? undefined : Number(build),
    });
    return ran.code;
  };
  const settled = async (what: string): Promise<void> => {
    let found: string[] = [];
    await eventually(
      what,
      async () => {
        found = violations(await look(platform, pushes));
        return found.length === 0;
      },
      60_000,
    ).catch(() => expect(found, what).toEqual([]));
  };

  await platform.git(path, ['push', 'platform', 'main']);
  for (let run = 1; run <= testSettings.crashRuns; run++) {
    const commit = await platform.commit(path, app(run));
    const victim = VICTIMS[Math.floor(random() * VICTIMS.length)] as Victim;
    const delay = Math.floor(random() * PUSH_MS);
    const story = `run ${run}: ${victim} killed ${delay} ms after the push began`;
    const ended = push(commit);
    await pause(delay);
    await kill(victim);
    let code = await ended;
    // Whatever else dies, the pusher's own git does not see it.
    if (victim !== 'git') expect(code, story).toBe(0);
    // The pusher does what the message says: push again. That must end well, however the first one ended.
    for (let again = 1; code !== 0 && again <= 20; again++) {
      await pause(200);
      code = await push(commit);
    }
    console.log(
      `${story}; ended with ${code} after ${pushes.filter((one) => one.commit === commit).length} pushes`,
    );
    expect(code, story).toBe(0);
    await platform.ready();
    await settled(story);
  }
}, 600_000);
