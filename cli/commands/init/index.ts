import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { define, flag, value } from '../../command.ts';
import { failed, messageOf, misuse } from '../../failure.ts';
import { repositoryRoot } from '../../platform/folder.ts';
import { detectLanguage, LANGUAGES, type Language } from '../../templates/detect.ts';
import { templateFiles } from '../../templates/template.ts';
import { sourceFiles } from './source-files.ts';

export const command = define({
  summary: 'Write a Dockerfile with a test stage, .dockerignore and sluice.yaml',
  details:
    'For Node, Python and static sites, into the root of the repository. Files that are there are kept.',
  examples: ['init', 'init --language python --force'],
  json: '{language, folder, written: string[], kept: string[]}',
  arguments: {},
  choices: { language: LANGUAGES },
  options: {
    language: value('--language <language>', LANGUAGES.join(', '), languageOf, undefined),
    force: flag('--force', 'write over files that are there'),
  },
  async run({ out, folder }, { language: named, force }) {
    const root = (await repositoryRoot(folder)) ?? folder;
    const files = await sourceFiles(root);
    const language = named ?? detectLanguage(files);
    if (language === undefined) {
      throw misuse(`nothing here tells what language ${root} is in`, 'Name it: sluice init --language node');
    }
    const written: string[] = [];
    const kept: string[] = [];
    for (const [name, content] of Object.entries(templateFiles(language, files))) {
      ((await writeNew(join(root, name), content, force)) ? written : kept).push(name);
    }
    out.show({ language, folder: root, written, kept }, () => {
      if (written.length > 0) out.result(`${language}: ${written.join(', ')} written in ${root}`);
      else out.result(`${language}: nothing to write in ${root}`);
      if (kept.length > 0) out.detail(`Kept as they are: ${kept.join(', ')} (--force writes over them)`);
      if (written.length > 0)
        out.detail(`Next: git add ${written.join(' ')} && git commit -m "Deploy with Sluice"`);
    });
  },
});

/** @returns false when the file is there and may not be written over */
async function writeNew(file: string, content: string, force: boolean): Promise<boolean> {
  try {
    await writeFile(file, content, { flag: force ? 'w' : 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw failed('not_written', `${file} was not written: ${messageOf(error)}`);
  }
}

function languageOf(text: string): Language {
  const found = LANGUAGES.find((language) => language === text);
  if (found === undefined) throw new Error(`a language is one of ${LANGUAGES.join(', ')}`);
  return found;
}
