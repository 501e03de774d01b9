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
import { freePort } from './ports.ts';
import { tinyApp } from './tiny-app.ts';
import { send, stamped } from '../unit/hooks/support/sender.ts';

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
    const secret = `sk_live/${randomBytes(18).toString('base64')}`;
    let platform: Platform;
    let host: GitHttpServer;
    let served: string;
    let hooksPort: number;
    let work: string;
    let hook: { url: string; secret: string; id: string };
    let begun: number;

    beforeAll(async () => {
      begun = Date.now();
      served = await mkdtemp(join(tmpdir(), 'sl-day-'));
      host = await startGitHttpServer(served);
      hooksPort = await freePort();
      platform = await start({ SLUICE_HOOKS_PORT: String(hooksPort), SLUICE_PRIVATE_HOSTS: host.origin });
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
      expect(pushed.code).toBe(0);
      expect(await page()).toBe('one\n');
      await platform.sluiceOk(['access:add', 'vic', 'viewer', '-a', app], { person: 'mary' });
    });

    test('she sets a secret, and it is in the container', async () => {
      const set = await platform.sluice(['secrets:set', 'API_KEY', '-a', app], {
        person: 'mary',
        input: `${secret}\n`,
      });
      expect(set.output).not.toContain(secret);
      expect(set.code).toBe(0);
      const seen = await platform.sluiceOk(['run', '-a', app, 'sh', '-c', 'echo "$API_KEY"'], {
        person: 'mary',
      });
      expect(seen.trim()).toBe(secret);
    });

    test('and nowhere else', async () => {
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

    test('a stranger and a viewer try everything that changes something', async () => {
      const tries: readonly (readonly string[])[] = [
        ['config:set', 'A=b'],
        ['secrets'],
        ['secrets:unset', 'API_KEY'],
        ['rollback'],
        ['ps:scale', 'web=0'],
        ['ps:restart'],
        ['run', 'id'],
        ['domains:add', 'evil.example.com'],
        ['access:add', 'sam', 'owner'],
        ['hooks:create', '--from', 'generic'],
        ['repository:link', 'https://example.com/evil.git'],
        ['builds:create'],
        ['maintenance:on'],
        ['apps:rename', 'mine'],
        ['apps:destroy', '--confirm', app],
      ];
      const before = await platform.sluiceOk(['releases', '-a', app, '--json'], { person: 'mary' });
      for (const [verb = '', ...rest] of tries) {
        const [stranger, viewer] = await Promise.all(
          ['sam', 'vic'].map(async (person) =>
            platform.sluice([verb, '-a', app, '--json', ...rest], { person }),
          ),
        );
        expect(stranger?.code, `sam ${verb}`).toBe(1);
        expect(stranger?.stderr, `sam ${verb}`).toContain('"app_not_found"');
        expect(viewer?.code, `vic ${verb}`).toBe(1);
        expect(viewer?.stderr, `vic ${verb}`).toContain('"role_too_low"');
      }
      const clone = (name: string) => [
        'clone',
        '-q',
        `ssh://sluice@127.0.0.1:${platform.sshPort}/${name}.git`,
        'x',
      ];
      await mkdir(join(platform.folder, 'sam'));
      const [there, missing] = [
        await platform.git(join(platform.folder, 'sam'), clone(app), 'sam'),
        await platform.git(join(platform.folder, 'sam'), clone('nothing'), 'sam'),
      ];
      expect(there.code).not.toBe(0);
      expect(there.output.replaceAll(app, 'APP')).toBe(missing.output.replaceAll('nothing', 'APP'));
      const pushed = await platform.git(work, ['push', 'platform', 'HEAD:main'], 'vic');
      expect(pushed.code).not.toBe(0);
      expect(await platform.sluiceOk(['releases', '-a', app, '--json'], { person: 'mary' })).toBe(before);
      expect(await page()).toBe('two\n');
    });

    test('mary rolls back, and the first page is there again', async () => {
      await platform.sluiceOk(['rollback', '-a', app], { person: 'mary' });
      expect(await page()).toBe('one\n');
    });

    test('the audit log tells it all, and is whole', async () => {
      interface Entry {
        action: string;
        person?: string;
        via?: string;
        app?: string;
        at: string;
      }
      const entries = JSON.parse(await platform.sluiceOk(['audit', '-n', '100', '--json'])) as Entry[];
      const told = entries.map(({ action, person = '', via = '' }) => `${action} ${person} ${via}`);
      for (const line of [
        'key.add alice key',
        'app.create mary key',
        'member.set mary key',
        'secret.set mary key',
        'run.start mary key',
        'hook.create mary key',
        'release.rollback mary key',
        'build.create mary key',
      ]) {
        expect(
          told.some((one) => one.startsWith(line)),
          `${line} in\n${told.join('\n')}`,
        ).toBe(true);
      }
      expect(entries.some(({ action, via }) => action === 'hook.deploy' && via === 'hook')).toBe(true);
      expect(entries.every(({ at }) => Date.parse(at) >= begun - 1_000)).toBe(true);
      expect(await platform.sluiceOk(['audit:verify'])).toContain('as they were written');
    });
  });
}
