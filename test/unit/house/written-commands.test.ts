import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from '../../../cli/parse.ts';
import { commandNames, registry } from '../../../cli/registry.ts';
import { findCommand } from '../../../cli/words.ts';

const ROOT = new URL('../../../', import.meta.url);
const PAGES = [
  'README.md',
  'CHANGELOG.md',
  ...globSync('{docs,charts,examples}/**/*.{md,txt}', { cwd: ROOT }),
].filter((page) => page !== 'docs/cli.md');
const SOURCES = globSync('{builder,charts,cli,core,engines,router,server}/**/*.{ts,txt,yaml}', { cwd: ROOT });

/** In a block of a page, where a command line may begin: after a prompt, settings, a pipe. */
const IN_BLOCK = /(?:^\s*(?:[$#] )?(?:[A-Z_]+=\S+ )*|[|&;(] ?)sluice ([^|&;)#]+)/g;
const IN_LINE = /`(?:[^`]* )?sluice ([a-z-][^`]*)`/g;
/** Other programs take the word, too: `helm install sluice charts/sluice`. */
const OTHERS = /\b(?:helm|kubectl|docker|ssh|useradd|systemctl)\b/;
/** What stands for a value. */
const VALUES: readonly (readonly [RegExp, string])[] = [
  [/^vN$/, 'v12'],
  [/^(?:N|NUMBER|BUILD)$/, '41'],
  [/^COMMIT$/, 'a'.repeat(40)],
  [/^([a-z]+)\|.*$/, '$1'],
];

interface Written {
  readonly at: string;
  readonly text: string;
}

function writtenIn(page: string): Written[] {
  let block = false;
  return lines(page).flatMap((line, index) => {
    if (/^\s*```/.test(line)) {
      block = !block;
      return [];
    }
    const isBlock = block || /^ {4}/.test(line);
    if (isBlock && OTHERS.test(line)) return [];
    const found = line.matchAll(isBlock ? IN_BLOCK : IN_LINE);
    return [...found]
      .filter(([whole]) => !OTHERS.test(whole))
      .map(([, text = '']) => ({ at: `${page}:${index + 1}`, text: text.trim() }));
  });
}

function lines(file: string): string[] {
  return readFileSync(new URL(file, ROOT), 'utf8').split('\n');
}

/** As a shell gives them, up to a redirection. */
function words(text: string): string[] {
  const all = [...text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word);
  const end = all.findIndex((word) => /^[<>|]/.test(word));
  return (end === -1 ? all : all.slice(0, end)).map((word) =>
    VALUES.reduce((value, [form, one]) => value.replace(form, one), word.replaceAll(/["']/g, '')),
  );
}

/** @returns what is wrong with a command line; undefined: nothing */
async function wrong(text: string): Promise<string | undefined> {
  const { name = '', known, rest } = findCommand(words(text), commandNames);
  if (['help', 'version', ''].includes(name)) return undefined;
  const load = registry[name];
  if (!known || load === undefined) return `there is no command ${name}`;
  const { command } = await load();
  try {
    parse(name, command, rest, commandNames);
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    // A name alone stands for the command, not for a call of it.
    const isCall = rest.some((word) => !word.startsWith('-'));
    return message.startsWith(`${name} wants `) && !isCall ? undefined : message;
  }
}

test('every command line of the pages is one that the command takes', async () => {
  const written = PAGES.flatMap(writtenIn);
  expect(written.length).toBeGreaterThan(200);
  const faults = await Promise.all(
    written.map(async ({ at, text }) => {
      const fault = await wrong(text);
      return fault === undefined ? [] : [`${at}: sluice ${text}: ${fault}`];
    }),
  );
  expect(faults.flat()).toEqual([]);
});

test('no message names a command that is not there', () => {
  const named = SOURCES.flatMap((file) =>
    lines(file).flatMap((line) =>
      [...line.matchAll(/\bsluice ([a-z][a-z-]*:[a-z-]+)/g)].map(([, name = '']) => ({ file, name })),
    ),
  );
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter(({ name }) => !commandNames.includes(name))).toEqual([]);
});
