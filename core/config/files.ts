import { kindsOf, type ConfigEntries } from './entry.ts';

/** Where containers find entries that are files: where Docker and Compose put secrets, too. */
export const FILES_FOLDER = '/run/secrets';

/** What is a file in an app's containers, by name. */
export function filesOf(entries: ConfigEntries): Record<string, string> {
  return Object.fromEntries(
    Object.entries(entries).flatMap(([key, entry]) =>
      kindsOf(entry).includes('file') ? [[key, entry.value]] : [],
    ),
  );
}

/** `NAME_FILE`, by which most official images take a path in place of a value. */
export function fileVariables(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.keys(files).map((key) => [`${key}_FILE`, `${FILES_FOLDER}/${key}`]));
}
