import { expect } from 'vitest';
import { WORD_TABLE } from './role-table.ts';
import { run, type Ran } from './command.ts';
import type { Platform } from './platform.ts';

/** What a viewer may not do and a stranger not even ask: whole lines of the command, but for the app. */
export function changes(app: string, publicKey: string): readonly (readonly string[])[] {
  const image = `ghcr.io/acme/shop@sha256:${'c'.repeat(64)}`;
  return [
    ['config'],
    ['config:set', 'A=b'],
    ['config:unset', 'A'],
    ['config:import', '-'],
    ['config:export'],
    ['secrets'],
    ['secrets:set', 'API_KEY'],
    ['secrets:rotate', 'API_KEY'],
    ['secrets:unset', 'API_KEY'],
    ['builds:create'],
    ['builds:cancel', '1'],
    ['releases:create', '--image', image],
    ['rollback'],
    ['rollouts:pause', 'v1'],
    ['rollouts:resume', 'v1'],
    ['rollouts:promote', 'v1'],
    ['rollouts:abort', 'v1'],
    ['ps:scale', 'web=0'],
    ['ps:restart'],
    ['run', 'id'],
    ['domains:add', 'evil.example.com'],
    ['access:add', 'sam', 'owner'],
    ['access:remove', 'mary'],
    ['deploy-keys'],
    ['deploy-keys:add', publicKey],
    ['notify:add', 'https://evil.example.com/'],
    ['hooks'],
    ['hooks:create', '--from', 'generic'],
    ['hooks:rotate', 'generic'],
    ['hooks:remove', 'generic'],
    ['hooks:deliveries'],
    ['hooks:redeliver', '0123456789abcdef'],
    ['repository:link', 'https://example.com/evil.git'],
    ['maintenance:on'],
    ['audit'],
    ['apps:rename', 'mine'],
    ['apps:destroy', '--confirm', app],
  ];
}

/** What a viewer sees, and a stranger does not. */
export const READS: readonly (readonly string[])[] = [
  ['apps:info'],
  ['ps'],
  ['logs', '-n', '5'],
  ['builds'],
  ['builds:show', '1'],
  ['builds:log', '1'],
  ['releases'],
  ['releases:info', 'v1'],
  ['rollouts:show', 'v1'],
  ['domains'],
  ['access'],
];

/** Words of `ssh git@host` about one app, by whether a viewer may say them. */
export const WORDS = Object.entries(WORD_TABLE)
  .filter(([, needed]) => !needed.startsWith('known'))
  .map(([word, needed]) => ({ word, isForViewers: needed.startsWith('viewer') }));

/** Of several things at a time: each of them is a process, or two. */
const AT_ONCE = 4;

export async function inTurns<T>(all: readonly T[], one: (item: T) => Promise<void>): Promise<void> {
  const left = all.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of left) await one(item);
    }),
  );
}

/** One line of the command by one person, about one app. */
export async function tried(
  platform: Platform,
  person: string,
  app: string,
  [verb = '', ...rest]: readonly string[],
): Promise<Ran> {
  // A name that confirms is that of the app it is asked about.
  const words = rest.map((word, index) => (rest[index - 1] === '--confirm' ? app : word));
  return platform.sluice([verb, '-a', app, '--json', ...words], { person, input: 'A=b\n' });
}

/** The same by ssh alone. */
export async function saidBySsh(platform: Platform, person: string, words: readonly string[]): Promise<Ran> {
  const [program = '', ...options] = platform.sshCommand(person);
  return run(program, [...options, '-p', String(platform.sshPort), 'git@127.0.0.1', ...words]);
}

/** Nobody can tell from an answer whether there is such an app. */
export function expectSame(what: string, there: readonly [string, Ran], missing: readonly [string, Ran]) {
  const [one, other] = [there, missing].map(([app, { code, stdout, stderr }]) => ({
    code,
    stdout: stdout.replaceAll(app, 'APP'),
    stderr: stderr.replaceAll(app, 'APP'),
  }));
  expect(one?.code, what).not.toBe(0);
  expect(one, what).toEqual(other);
}
