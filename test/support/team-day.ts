import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GitHttpServer, startGitHttpServer } from '../e2e/tree/git-http-server.ts';
import { must, run } from './command.ts';
import { eventually } from './eventually.ts';
import { PARTS } from './parts.ts';
import type { Platform } from './platform.ts';
import { freePorts } from './ports.ts';
import { tinyApp } from './tiny-app.ts';
import { changes, expectSame, inTurns, READS, saidBySsh, tried, WORDS } from './team-day-tries.ts';
import { githubPush } from '../unit/hooks/support/payloads.ts';
import { asGithub, send, stamped } from '../unit/hooks/support/sender.ts';

/** No app of that name is there. */
const MISSING = 'nothing-here';
/** The shortest that a token can be good for. */
const TOKEN_LIFE_MS = 60_000;

/** Says its secret aloud as it starts, as careless apps do. */
function careless(page: string): Record<string, string> {
  const app = tinyApp(page);
  const Dockerfile = (app['Dockerfile'] as string).replace(
    /CMD .*/,
    'CMD ["sh", "-c", "echo \\"starting with key=$API_KEY.\\"; exec httpd -f -p 8080 -h /app/www"]',
  );
  return { ...app, Dockerfile };
}

/**
 * One day of a team, told with the clients that people have: ssh, git, `sluice`, and a pipeline that sends web hooks.
 * @param start a whole platform of its own, with what the day needs in its environment
 */
export function teamDay(start: (env: NodeJS.ProcessEnv) => Promise<Platform>): void {
  describe('a day of a team', () => {
    const app = `shop-${randomBytes(3).toString('hex')}`;
    const other = `tea-${randomBytes(3).toString('hex')}`;
    const secret = `sk_live/${randomBytes(18).toString('base64')}`;
    let platform: Platform;
    let host: GitHttpServer;
    let served: string;
    let hooksPort: number;
    let work: string;
    let hook: { url: string; secret: string; id: string };
    let begun: number;
    let apiPort: number;
    let tokens: Record<'gone' | 'short' | 'elsewhere' | 'looking', string>;

    beforeAll(async () => {
      begun = Date.now();
      served = await mkdtemp(join(tmpdir(), 'sl-day-'));
      host = await startGitHttpServer(served);
      [hooksPort, apiPort] = (await freePorts(2)) as [number, number];
      platform = await start({
        SLUICE_HOOKS_PORT: String(hooksPort),
        SLUICE_API_PORT: String(apiPort),
        SLUICE_PRIVATE_HOSTS: host.origin,
      });
      for (const person of ['mary', 'vic', 'sam']) await platform.newKey(person);
    });
    afterAll(async () => {
      await platform?.stop();
      await host?.[Symbol.asyncDispose]();
      await rm(served, { recursive: true, force: true });
    });

    async function page(): Promise<string> {
      return (await platform.get(`${app}.localhost`)).body;
    }

    test('the admin adds people by their keys', async () => {
      for (const person of ['mary', 'vic', 'sam']) {
        const said = await platform.sluiceOk(['keys:add', `${platform.key(person)}.pub`, '--person', person]);
        expect(said).toContain(person);
      }
      const users = JSON.parse(await platform.sluiceOk(['users', '--json'])) as { name: string }[];
      expect(users.map(({ name }) => name).sort()).toEqual(['alice', 'mary', 'sam', 'vic']);
    });

    test('mary makes an app and pushes it', async () => {
      await platform.sluiceOk(['apps:create', app], { person: 'mary' });
      work = await platform.repository(app, careless('one'));
      const pushed = await platform.git(work, ['push', 'platform', 'main'], 'mary');
      expect(pushed.output).toContain('is live');
      expect(pushed.code, pushed.output).toBe(0);
      expect(await page()).toBe('one\n');
      await platform.sluiceOk(['access:add', 'vic', 'viewer', '-a', app], { person: 'mary' });
    });

    test('she makes tokens for machines, each for less than she may do', async () => {
      await platform.sluiceOk(['apps:create', other], { person: 'mary' });
      const made = async (name: string, ...limits: string[]): Promise<string> => {
        const told = await platform.sluiceOk(['tokens:create', '--name', name, '--json', ...limits], {
          person: 'mary',
        });
        return (JSON.parse(told) as { token: string }).token;
      };
      tokens = {
        gone: await made('gone'),
        short: await made('short', '--expires', `${TOKEN_LIFE_MS / 1_000}s`),
        elsewhere: await made('elsewhere', '-a', other),
        looking: await made('looking', '-a', app, '--role', 'viewer'),
      };
    });

    test('she sets a secret, and it is in the container', async () => {
      const set = await platform.sluice(['secrets:set', 'API_KEY', '-a', app], {
        person: 'mary',
        input: `${secret}\n`,
      });
      expect(set.output).not.toContain(secret);
      expect(set.code, set.output).toBe(0);
      const seen = await platform.sluiceOk(['run', '-a', app, 'sh', '-c', 'echo "$API_KEY"'], {
        person: 'mary',
      });
      expect(seen.trim()).toBe(secret);
    });

    test('and nowhere else', async () => {
      // It runs before it writes, and the engine takes a moment to write that down.
      await eventually('the app has said it', async () => {
        const lines = await platform.sluiceOk(['logs', '-n', '500', '-a', app], { person: 'mary' });
        return lines.includes('starting with key=[');
      });
      const asked = [
        ['config'],
        ['config', '--json'],
        ['config:export'],
        ['secrets'],
        ['secrets', '--json'],
        ['releases', '--json'],
        ['releases:info', 'v2', '--json'],
        ['releases:diff', 'v1', 'v2'],
        ['rollouts:show', 'v2', '--json'],
        ['builds:log', '1'],
        ['ps', '--json'],
        ['audit', '--json'],
        ['logs', '-n', '500'],
      ];
      const said = await Promise.all(
        asked.map(async ([verb = '', ...rest]) =>
          platform.sluiceOk([verb, ...rest, '-a', app], { person: 'mary' }),
        ),
      );
      for (const [index, text] of said.entries()) expect(text, asked[index]?.join(' ')).not.toContain(secret);
      // The app said it aloud: the lines are there, without it.
      expect(said.at(-1)).toContain('starting with key=[API_KEY].');
      for (const part of PARTS) {
        expect(await readFile(platform.logFile(part), 'utf8'), part).not.toContain(secret);
      }
      const files = await run('grep', ['-rlF', secret, platform.paths.root]);
      expect(files.stdout).toBe('');
    });

    test('the pipeline deploys by a signed web hook, and a repeat changes nothing', async () => {
      await must('git', ['clone', '-q', '--bare', work, join(served, 'shop.git')]);
      const url = `${host.origin}/shop.git`;
      await platform.sluiceOk(['repository:link', url, '-a', app], { person: 'mary' });
      hook = JSON.parse(
        await platform.sluiceOk(['hooks:create', '--from', 'generic', '-a', app, '--json'], {
          person: 'mary',
        }),
      ) as typeof hook;
      const commit = await platform.commit(work, { 'www/index.html': 'two\n' });
      await must('git', ['push', '-q', join(served, 'shop.git'), 'main'], { cwd: work });
      const body = JSON.stringify({ sha: commit });
      const path = new URL(hook.url, 'http://hooks').pathname;
      const headers = stamped(hook.secret, body);
      const told = await send(hooksPort, path, body, headers);
      expect(told.status).toBe(202);
      await eventually('the hook’s build is live', async () => (await page()) === 'two\n', 120_000);
      const repeat = await send(hooksPort, path, body, headers);
      expect(repeat.body).toMatchObject({ delivery: told.body['delivery'], repeated: true });
      const wrong = await send(
        hooksPort,
        path,
        body,
        stamped(`whsec_${randomBytes(32).toString('base64')}`, body),
      );
      expect(wrong.status).toBe(401);
      const builds = JSON.parse(
        await platform.sluiceOk(['builds', '-a', app, '--json'], { person: 'mary' }),
      ) as { number: number; source: string; commit: string }[];
      expect(builds.map(({ number, source }) => [number, source])).toEqual([
        [2, 'hook'],
        [1, 'push'],
      ]);
    });

    test('a push to GitHub deploys by its own signed message', async () => {
      const made = JSON.parse(
        await platform.sluiceOk(['hooks:create', '--from', 'github', '-a', app, '--json'], {
          person: 'mary',
        }),
      ) as typeof hook;
      const commit = await platform.commit(work, { 'www/index.html': 'three\n' });
      await must('git', ['push', '-q', join(served, 'shop.git'), 'main'], { cwd: work });
      const body = JSON.stringify(githubPush({ after: commit }));
      const path = new URL(made.url, 'http://hooks').pathname;
      const told = await send(hooksPort, path, body, asGithub(made.secret, 'push', body));
      expect(told).toMatchObject({ status: 202, body: { event: 'push', repeated: false } });
      await eventually('what was pushed there is live', async () => (await page()) === 'three\n', 120_000);
      const again = await send(hooksPort, path, body, asGithub(made.secret, 'push', body, 'another'));
      expect(again.body).toMatchObject({ delivery: told.body['delivery'], repeated: true });
      const forged = await send(hooksPort, path, body, asGithub(hook.secret, 'push', body));
      expect(forged.status).toBe(401);
      const builds = JSON.parse(
        await platform.sluiceOk(['builds', '-a', app, '--json'], { person: 'mary' }),
      ) as { number: number; source: string; commit: string }[];
      expect(builds[0]).toMatchObject({ number: 3, source: 'hook', commit });
    });

    describe('a stranger and a viewer try everything', () => {
      let before: string;

      beforeAll(async () => {
        before = await state();
      });
      // Whatever they tried, nothing is other than it was.
      afterAll(async () => {
        expect(await state()).toBe(before);
        expect(await page()).toBe('three\n');
      });

      /** All that mary sees of her app. */
      async function state(): Promise<string> {
        const asked = ['apps:info', 'releases', 'builds', 'config', 'secrets', 'access', 'hooks', 'domains'];
        const seen = asked.map(async (verb) =>
          platform.sluiceOk([verb, '-a', app, '--json'], { person: 'mary' }),
        );
        return (await Promise.all(seen)).join('\n');
      }

      /** The stranger cannot tell the app from a missing one. @returns what the viewer got */
      async function triedByBoth(line: Parameters<typeof tried>[3]): ReturnType<typeof tried> {
        const what = line.join(' ');
        const [there, missing, viewer] = await Promise.all([
          tried(platform, 'sam', app, line),
          tried(platform, 'sam', MISSING, line),
          tried(platform, 'vic', app, line),
        ]);
        expect(there.stderr, `sam: ${what}`).toContain('"app_not_found"');
        expectSame(`sam: ${what}`, [app, there], [MISSING, missing]);
        return viewer;
      }

      test('with every command that changes or shows what is not theirs', async () => {
        await inTurns(changes(app, `${platform.key('vic')}.pub`), async (line) => {
          const viewer = await triedByBoth(line);
          expect(viewer.code, `vic: ${line.join(' ')}`).toBe(1);
          expect(viewer.stderr, `vic: ${line.join(' ')}`).toContain('"role_too_low"');
        });
      });

      test('and what a viewer sees is not there for the stranger', async () => {
        await inTurns(READS, async (line) => {
          const viewer = await triedByBoth(line);
          expect(viewer.code, `vic: ${line.join(' ')}\n${viewer.output}`).toBe(0);
          expect(viewer.output).not.toContain(secret);
        });
        expect(JSON.parse(await platform.sluiceOk(['apps', '--json'], { person: 'sam' }))).toEqual([]);
      });

      test('by the words of ssh', async () => {
        await inTurns(WORDS, async ({ word, isForViewers }) => {
          const [there, missing, viewer] = await Promise.all([
            saidBySsh(platform, 'sam', [word, '-a', app]),
            saidBySsh(platform, 'sam', [word, '-a', MISSING]),
            saidBySsh(platform, 'vic', [word, '-a', app]),
          ]);
          expectSame(`sam: ${word}`, [app, there], [MISSING, missing]);
          expect(viewer.code, `vic: ${word}\n${viewer.output}`).toBe(isForViewers ? 0 : 1);
          expect(viewer.output).not.toContain(secret);
        });
      });

      test('by git', async () => {
        const clone = (name: string) => [
          'clone',
          '-q',
          `ssh://sluice@127.0.0.1:${platform.sshPort}/${name}.git`,
          'x',
        ];
        const folder = join(platform.folder, 'sam');
        await mkdir(folder);
        const cloned = async (name: string): ReturnType<typeof platform.git> => {
          const ran = await platform.git(folder, clone(name), 'sam');
          // What git says itself comes before, after or amid what it passes on.
          return { ...ran, stderr: ran.stderr.split('\n').toSorted().join('\n') };
        };
        expectSame('clone', [app, await cloned(app)], [MISSING, await cloned(MISSING)]);
        const pushed = await platform.git(work, ['push', 'platform', 'HEAD:main'], 'vic');
        expect(pushed.code, pushed.output).not.toBe(0);
      });

      test('and with tokens that are not for this, or for nothing any more', async () => {
        await platform.sluiceOk(['tokens:revoke', 'gone'], { person: 'mary' });
        const ask = async (token: string, name: string, change?: object) => {
          const answer = await fetch(
            `http://127.0.0.1:${apiPort}/v1/apps/${name}${change ? '/config' : ''}`,
            {
              headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
              ...(change && { method: 'PATCH', body: JSON.stringify(change) }),
            },
          );
          const { reason } = (await answer.json()) as { reason?: { code: string; message: string } };
          return { status: answer.status, ...reason };
        };
        const change = { set: { A: 'b' } };
        const { gone, short, elsewhere, looking } = tokens;
        expect(await ask(elsewhere, other)).toEqual({ status: 200 });
        for (const asked of [undefined, change]) {
          const [there, missing] = [await ask(elsewhere, app, asked), await ask(elsewhere, MISSING, asked)];
          expect(there).toMatchObject({ status: 404, code: 'app_not_found' });
          expect(JSON.stringify(there).replaceAll(app, 'APP')).toBe(
            JSON.stringify(missing).replaceAll(MISSING, 'APP'),
          );
          expect(await ask(gone, app, asked)).toMatchObject({ status: 401, code: 'token_revoked' });
        }
        expect(await ask(looking, app)).toEqual({ status: 200 });
        expect(await ask(looking, app, change)).toMatchObject({ status: 403, code: 'role_too_low' });
        const expired = await eventually(
          'the token has ended',
          async () => {
            const answer = await ask(short, app);
            return answer.status === 401 && answer;
          },
          TOKEN_LIFE_MS,
        );
        expect(expired).toMatchObject({ code: 'token_expired' });
      });
    });

    test('mary rolls back, and the first page is there again', async () => {
      await platform.sluiceOk(['rollback', 'v2', '-a', app], { person: 'mary' });
      expect(await page()).toBe('one\n');
    });

    test('the audit log tells it all, and is whole', async () => {
      interface Entry {
        number: number;
        hash: string;
        action: string;
        person?: string;
        via?: string;
        address?: string;
        credential?: string;
        app?: string;
        at: string;
      }
      const newest = JSON.parse(await platform.sluiceOk(['audit', '-n', '100', '--json'])) as Entry[];
      const entries = newest.toSorted((one, next) => one.number - next.number);
      const told = entries.map(({ action, person = '', via = '', app: of = '' }) =>
        [action, person, via, of === app ? 'the app' : of].join(' ').trimEnd(),
      );
      // In the order in which it happened.
      let after = 0;
      for (const line of [
        'key.add alice key',
        'app.create mary key the app',
        'build.create mary key the app',
        'member.set mary key the app',
        'token.create mary key',
        'secret.set mary key the app',
        'run.start mary key the app',
        'repository.link mary key the app',
        'hook.create mary key the app',
        'hook.deploy',
        'hook.create mary key the app',
        'hook.deploy',
        'token.revoke mary key',
        'release.rollback mary key the app',
      ]) {
        const at = told.findIndex((one, index) => index >= after && one.startsWith(line));
        expect(at, `${line} in\n${told.join('\n')}`).toBeGreaterThanOrEqual(after);
        after = at + 1;
      }
      const deployed = entries.filter(({ action }) => action === 'hook.deploy');
      expect(deployed).toMatchObject([
        { via: 'hook', credential: 'generic', app },
        { via: 'hook', credential: 'github', app },
      ]);
      // From where, and by which key: none of theirs has done anything.
      const byKey = entries.filter(({ via }) => via === 'key');
      for (const { address, credential } of byKey) {
        expect(address).toBe('127.0.0.1');
        expect(credential).toMatch(/^SHA256:/);
      }
      // What they did not get done is not told, but for a push that had come to the door.
      expect(told.filter((line) => / (?:sam|vic) /.test(line))).toEqual([
        expect.stringMatching(/^push\.refuse vic key/),
      ]);
      expect(entries.every(({ at }) => Date.parse(at) >= begun - 1_000)).toBe(true);
      expect(await platform.sluiceOk(['audit:verify'])).toContain('as they were written');
      const last = entries.at(-1);
      const head = ['audit:verify', '--head', `${last?.number}:${last?.hash}`];
      expect(await platform.sluiceOk(head)).toContain('as they were written');
      const cut = await platform.sluice(['audit:verify', '--head', `${last?.number}:${'0'.repeat(64)}`]);
      expect(cut.code, cut.output).toBe(1);
    });
  });
}
