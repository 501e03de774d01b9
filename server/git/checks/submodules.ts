import type { ReadFile } from '../../../core/manifest/manifest.ts';
import { refuse } from '../refusals.ts';
import { printable } from '../terminal.ts';
import type { Reason } from '../../../core/reason.ts';

/**
 * A CR that does not end a line of .gitmodules: git writes such a path unquoted, reads it back without the CR, and
 * checks the submodule out somewhere else (CVE-2025-48384). fsck accepts it.
 */
export async function checkSubmodules(readFile: ReadFile): Promise<Reason | undefined> {
  const text = await readFile('.gitmodules');
  const line = text
    ?.split('\n')
    .find((one) => /[\u0000-\u0008\u000b-\u001f\u007f]/.test(one.replace(/\r$/, '')));
  if (line === undefined) return undefined;
  return refuse('submodule_path', { path: printable(line.trim()).slice(0, 200) });
}
