import { expect, test } from 'vitest';
import { commandNames } from '../../../cli/registry.ts';
import { suggest } from '../../../cli/suggest.ts';
import { findCommand } from '../../../cli/words.ts';

test.each([
  [['apps'], 'apps', []],
  [['config:set', 'A=b'], 'config:set', ['A=b']],
  [['config', 'set', 'A=b'], 'config:set', ['A=b']],
  [['-a', 'hello', 'config', 'set', 'A=b'], 'config:set', ['-a', 'hello', 'A=b']],
  [['--host', 'ssh://p', '--json', 'apps'], 'apps', ['--host', 'ssh://p', '--json']],
  [['--host=ssh://p', 'apps', '--json'], 'apps', ['--host=ssh://p', '--json']],
  [['run', 'config', 'set'], 'run', ['config', 'set']],
  [['rollback', 'v3'], 'rollback', ['v3']],
  [['config', '--shell', 'set'], 'config', ['--shell', 'set']],
])('%j is %s with %j', (argv, name, rest) => {
  expect(findCommand(argv, commandNames)).toMatchObject({ name, known: true, rest });
});

test.each([[[]], [['--json']], [['-a', 'hello']], [['--', 'apps']]])('%j names no command', (argv) => {
  expect(findCommand(argv, commandNames).name).toBeUndefined();
});

test.each([
  ['conifg', 'config'],
  ['config:ste', 'config:set'],
  ['confg:set', 'config:set'],
  ['app', 'apps'],
  ['build:log', 'builds:log'],
  ['roleback', 'rollback'],
  ['destroy', 'apps:destroy'],
  ['scale', 'ps:scale'],
  ['releases:rollback', 'rollback'],
  ['xyzzy', undefined],
  ['ls', undefined],
])('%s probably means %s', (typed, meant) => {
  expect(suggest(typed, commandNames)).toBe(meant);
});
