import { expect, test } from 'vitest';
import { parseCommand } from '../../../server/git/command.ts';
import { type Asked, readAsked } from '../../../server/git/verbs/asked.ts';
import { VERBS } from '../../../server/git/verbs/verbs.ts';

function read(line: string): Asked {
  const command = parseCommand(line);
  if (command.kind !== 'verb') throw new Error(`${line} is ${command.kind}`);
  const takes = VERBS[command.verb];
  if (takes === undefined) throw new Error(`${command.verb} is no verb`);
  return readAsked(command.verb, command.words, takes);
}

test.each<[line: string, asked: Asked]>([
  ['apps', { app: '', argument: undefined, follow: false }],
  ["logs -a 'shop'", { app: 'shop', argument: undefined, follow: false }],
  ['logs --app=shop --follow', { app: 'shop', argument: undefined, follow: true }],
  ['logs --app "shop" -f', { app: 'shop', argument: undefined, follow: true }],
  ['builds:show -a shop #41', { app: 'shop', argument: '#41', follow: false }],
])('ssh HOST %s', (line, asked) => {
  expect(read(line)).toEqual(asked);
});

test.each([
  ['apps -a shop', 'apps does not take "-a"'],
  ['apps --app=shop', 'apps does not take "--app=shop"'],
  ['logs', 'logs: which app?'],
  ['logs -a', 'logs: -a names no app'],
  [`logs -a ''`, 'logs: -a names no app'],
  ['logs --app=', 'logs: --app names no app'],
  ['logs -a -f', 'logs: -a names no app'],
  ['logs -a a -a b', 'logs: -a is given twice'],
  ['logs -a a --app=b', 'logs: --app is given twice'],
  ['ps -f -a shop', 'ps does not take "-f"'],
  ['builds:show -x 41 -a shop', 'builds:show does not take "-x"'],
  ['builds:show 41 42 -a shop', 'builds:show does not take "42"'],
  [`builds:show '' -a shop`, 'builds:show does not take ""'],
])('ssh HOST %s is misuse', (line, message) => {
  expect(() => read(line)).toThrow(expect.objectContaining({ status: 422, message }) as Error);
});
