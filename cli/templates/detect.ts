/** What `sluice init` can write for. */
export type Language = 'node' | 'python' | 'static';
export const LANGUAGES: readonly Language[] = ['node', 'python', 'static'];

/** Files that decide, the first language first: a Python app with a package.json for its assets is common, too. */
const SIGNS: readonly (readonly [Language, readonly RegExp[]])[] = [
  ['python', [/^(requirements\.txt|pyproject\.toml|setup\.py|Pipfile|manage\.py)$/]],
  ['node', [/^package\.json$/]],
  ['python', [/^[^/]+\.py$/, /^[^/]+\/__(init|main)__\.py$/]],
  ['static', [/^index\.html?$/, /^(public|site|www|dist)\/index\.html?$/]],
];

/**
 * The language of a repository by its file names; undefined when nothing is known of it.
 * @param files paths from the root, with `/`
 */
export function detectLanguage(files: readonly string[]): Language | undefined {
  return SIGNS.find(([, signs]) => files.some((file) => signs.some((sign) => sign.test(file))))?.[0];
}
