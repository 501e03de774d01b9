import type { AnyCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { cell } from '../render/clean.ts';
import { FILES } from './protocol.ts';
import { names } from './names.ts';
import { wanted, type Candidate } from './wanted.ts';

/**
 * Lines `word<TAB>description` for what may stand at the cursor, those that begin with what is typed already.
 * @param argv words after `sluice`; the last is the one at the cursor, '' when it has not begun
 */
export async function complete(
  argv: readonly string[],
  commands: readonly string[],
  load: (name: string) => Promise<AnyCommand>,
  contextFor: (app: string | undefined, host: string | undefined) => Context,
): Promise<string> {
  const before = argv.slice(0, -1);
  const partial = argv.at(-1) ?? '';
  const what = await wanted(before, partial, commands, load);
  switch (what.kind) {
    case 'files':
      return `${FILES}\n`;
    case 'nothing':
      return '';
    case 'words':
      return lines(what.words, partial);
    case 'commands': {
      const summaries = commands.map(async (name) => ({
        word: name,
        description: (await load(name)).summary,
      }));
      return lines(await Promise.all(summaries), partial);
    }
    case 'names': {
      const context = contextFor(valueOf(before, ['-a', '--app']), valueOf(before, ['--host']));
      return lines(await names(context, what.of), partial);
    }
  }
}

function valueOf(words: readonly string[], flags: readonly string[]): string | undefined {
  const at = words.findLastIndex((word) => flags.includes(word));
  return at === -1 ? undefined : words[at + 1];
}

function lines(candidates: readonly Candidate[], partial: string): string {
  return candidates
    .filter(({ word }) => word.startsWith(partial))
    .map(({ word, description = '' }) => `${cell(word)}\t${cell(description)}\n`)
    .join('');
}
