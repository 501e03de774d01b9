import { readFile } from 'node:fs/promises';
import { type Login, loginsOf, registryPasswords } from './docker-config.ts';

/**
 * Logins of files as `docker login` writes them. Of a registry that several name, that of the first.
 * @throws Error when one cannot be read, or is no JSON
 */
export async function readLogins(files: readonly string[]): Promise<(host: string) => Login | undefined> {
  const all = await Promise.all(files.map(async (file) => loginsOf(await readFile(file, 'utf8'))));
  return (host) => all.map((loginOf) => loginOf(host)).find((login) => login !== undefined);
}

/** All passwords in them, to be kept out of logs. A file that cannot be read is told by who needs it. */
export async function passwordsIn(files: readonly string[]): Promise<string[]> {
  const each = files.map(async (file) =>
    readFile(file, 'utf8')
      .then(registryPasswords)
      .catch(() => []),
  );
  return (await Promise.all(each)).flat();
}
