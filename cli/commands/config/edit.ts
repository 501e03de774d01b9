import { formatEnvFile, parseEnvFile } from '../../../core/config/env-file.ts';
import type { ChangedConfig, Config } from '../../../core/contracts/resources.ts';
import { define } from '../../command.ts';
import type { Context } from '../../context.ts';
import { Failure, misuse } from '../../failure.ts';
import { ask } from '../../prompt.ts';
import { setConfig, showChange } from './change.ts';
import { EditedFile } from './edited-file.ts';
import { namesOf, notUnderstood } from './env-file.ts';
import { releaseOptions, type ReleaseOptions } from './release-options.ts';

export const command = define({
  summary: 'Edit the config in your editor, as a .env file',
  details:
    'Opens $VISUAL or $EDITOR on a file that only you can read and that is removed at the end; shows what would ' +
    'change and asks. What is not understood can be edited again. Secrets are not in the file.',
  examples: ['config:edit', 'EDITOR="code --wait" sluice config:edit'],
  json: '{version, release?: Release, alreadyIn?: integer}: no release where nothing is live, or where that one has it already',
  arguments: {},
  options: releaseOptions,
  async run(context, options) {
    const { terminal, out } = context;
    if (!terminal.canAsk) {
      throw misuse(
        'editing needs a terminal',
        'Without one: sluice config:export > FILE, then sluice config:import --replace FILE',
      );
    }
    const app = await context.app();
    const config = await configOf(context);
    const file = await EditedFile.create(head(config, app) + formatEnvFile(config.values));
    const done = await edit(context, config, file, options).finally(() => file.remove());
    if (done === undefined) return out.result('Nothing was changed');
    await showChange(context, app, done.changed, { text: words(done.changes) }, options);
  },
});

type Values = Readonly<Record<string, string>>;
type Changes = Record<string, string | null>;

/** @returns undefined when nothing is to be set */
async function edit(
  context: Context,
  begun: Config,
  file: EditedFile,
  options: ReleaseOptions,
): Promise<{ changes: Changes; changed: ChangedConfig } | undefined> {
  let known = begun;
  for (;;) {
    await file.open(context.settings.editor);
    const parsed = await parsedText(file);
    if (parsed instanceof Failure) {
      context.out.failure(parsed);
      if (await wantsToGoOn(context)) continue;
      return undefined;
    }
    const changes = changesOf(begun.values, Object.fromEntries(parsed));
    if (Object.keys(changes).length === 0) return undefined;
    const answer = await approve(context, known, changes);
    if (answer === 'no') return undefined;
    if (answer === 'edit') continue;
    try {
      return {
        changes,
        changed: await setConfig(context, changes, { ...options, ifVersion: known.version }),
      };
    } catch (error) {
      // The text is still there, whatever it was.
      if (!(error instanceof Failure)) throw error;
      context.out.failure(error);
      if (!(await wantsToGoOn(context))) return undefined;
      known = await configOf(context);
    }
  }
}

/** What was saved, or what is wrong with it: the person can mend either. */
async function parsedText(file: EditedFile): Promise<ReadonlyMap<string, string> | Failure> {
  try {
    const { values, problems } = { values: undefined, ...parseEnvFile(await file.read()) };
    return problems === undefined ? values : notUnderstood('your text', problems);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

async function configOf(context: Context): Promise<Config> {
  return (await context.api()).call('getConfig', { params: { app: await context.app() } });
}

function head({ secrets }: Config, app: string): string {
  const lines = [
    `# Config of ${app}. A line that is removed removes its key; what the lines mean: sluice help config:import`,
    ...(secrets.length > 0 ? [`# Not here, as they are secrets: ${secrets.join(', ')}`] : []),
  ];
  return `${lines.join('\n')}\n\n`;
}

/** What the person changed in what they were given: keys that somebody else set meanwhile stay. */
function changesOf(before: Values, after: Values): Changes {
  const set = Object.entries(after).filter(
    ([key, value]) => !Object.hasOwn(before, key) || before[key] !== value,
  );
  const removed = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  return Object.fromEntries([...set, ...removed.map((key): [string, null] => [key, null])]);
}

/** Shows each key as it is and as it would be. */
async function approve(
  context: Context,
  { values, secrets }: Config,
  changes: Changes,
): Promise<'yes' | 'edit' | 'no'> {
  const { out, terminal } = context;
  for (const [key, value] of Object.entries(changes)) {
    if (Object.hasOwn(values, key)) out.progress(`- ${key}=${values[key]}`);
    else if (secrets.includes(key)) out.progress(`- ${key} (a secret, which it stays)`);
    if (value !== null) out.progress(`+ ${key}=${value}`);
  }
  const answer = await ask(terminal, 'Set this? [y]es, [e]dit again, [N]o: ');
  if (/^y(?:es)?$/i.test(answer)) return 'yes';
  return /^e(?:dit)?$/i.test(answer) ? 'edit' : 'no';
}

async function wantsToGoOn({ terminal }: Context): Promise<boolean> {
  return !/^n(?:o)?$/i.test(await ask(terminal, 'Edit again? [Y/n] '));
}

function words(changes: Changes): string {
  const keys = (removed: boolean): string[] =>
    Object.keys(changes).filter((key) => (changes[key] === null) === removed);
  const parts = [
    keys(false).length > 0 && `Set ${namesOf(keys(false))}`,
    keys(true).length > 0 && `${keys(false).length > 0 ? 'removed' : 'Removed'} ${namesOf(keys(true))}`,
  ];
  return parts.filter(Boolean).join(', ');
}
