import { globSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { AnyCommand } from '../../../cli/command.ts';
import { shellLine } from '../../../cli/example.ts';
import { parse } from '../../../cli/parse.ts';
import { commandNames, registry } from '../../../cli/registry.ts';
import { findCommand } from '../../../cli/words.ts';
import { openapiSchemas } from '../../../core/contracts/openapi-schemas.ts';
import { invoke } from '../../support/cli/invoke.ts';

const commands: readonly [string, AnyCommand][] = await Promise.all(
  Object.entries(registry).map(
    async ([name, load]) => [name, (await load()).command] as [string, AnyCommand],
  ),
);

test('every file of cli/commands that makes a command is registered', async () => {
  const root = new URL('../../../cli/commands/', import.meta.url);
  const made = await Promise.all(
    globSync('*/*.ts', { cwd: root }).map(async (file) => {
      const module = (await import(new URL(file, root).href)) as { command?: AnyCommand };
      return module.command;
    }),
  );
  const registered = new Set(commands.map(([, command]) => command));
  const forgotten = made.filter((command) => command !== undefined && !registered.has(command));
  expect(forgotten.map((command) => command?.summary)).toEqual([]);
});

describe.each(commands)('%s', (name, command) => {
  test('says in one line what it does', () => {
    expect(command.summary).toMatch(/^[A-Z].{10,}[^.]$/);
  });

  test('explains each argument and option', () => {
    for (const { description } of [...Object.values(command.arguments), ...Object.values(command.options)]) {
      expect(description).toMatch(/\S.{3,}/);
    }
  });

  test('has examples of itself that its own parser takes', () => {
    expect(command.examples?.length).toBeGreaterThan(0);
    for (const example of command.examples ?? []) {
      // In a line of several commands one is of this name, and all that are ours can be parsed.
      const ours = [...shellLine(example).matchAll(/\bsluice ([^|)]*)/g)].map(([, words = '']) =>
        findCommand(shellWords(words.replace(/"$/, '')), commandNames),
      );
      expect(
        ours.map((one) => one.name),
        example,
      ).toContain(name);
      for (const one of ours.filter((found) => found.name === name)) {
        expect(parse(name, command, one.rest, commandNames).kind, example).toBe('run');
      }
    }
  });

  test('says what --json prints, by names that the OpenAPI document has', () => {
    expect(command.json).toMatch(/\S/);
    const names = command.json?.match(/\b[A-Z][A-Za-z]{3,}\b/g) ?? [];
    expect(Object.keys(openapiSchemas())).toEqual(expect.arrayContaining(names));
  });

  test('has a page, offline, by either way to ask', async () => {
    const byHelp = await invoke(['help', ...name.split(':')]);
    const byOption = await invoke([name, '--help']);
    expect(byHelp).toEqual(byOption);
    expect(byHelp).toMatchObject({ code: 0, stderr: '' });
    for (const part of [`Usage: sluice ${name}`, command.summary.slice(0, 20), '--json', 'Examples:']) {
      expect(byHelp.stdout).toContain(part);
    }
  });
});

/** The words of an example as a shell would give them, up to a redirection or a pipe. */
function shellWords(line: string): string[] {
  const words = [...line.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word);
  const end = words.findIndex((word) => /^(?:[<>|]|&&)/.test(word));
  return (end === -1 ? words : words.slice(0, end)).map((word) => word.replaceAll(/["']/g, ''));
}
