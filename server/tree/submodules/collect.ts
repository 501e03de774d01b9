import { Refusal } from '../../../core/reason.ts';
import { listTree } from '../listing.ts';
import type { TreeOptions, TreePart } from '../tree.ts';
import { submoduleAddress } from './address.ts';
import { fetchSubmodule } from './fetch.ts';
import { readGitmodules } from './gitmodules.ts';

const MAX_DEPTH = 5;
const MAX_SUBMODULES = 100;

/**
 * The trees of all submodules of a commit, and of theirs, fetched where they are not cached.
 * @throws Refusal `submodule_refused` or `submodule_unreachable`, which name the submodule's path
 */
export async function collectSubmodules(
  root: TreePart,
  commit: string,
  options: TreeOptions,
): Promise<TreePart[]> {
  const parts: TreePart[] = [];
  const waiting = [{ part: root, commit, depth: 1 }];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const links = next.part.entries.filter(({ kind }) => kind === 'submodule');
    if (links.length === 0) continue;
    const urls = await readGitmodules(next.part.repository, next.commit, options.env);
    for (const link of links) {
      const prefix = Buffer.concat([next.part.prefix, link.path, Buffer.from('/')]);
      const path = printable(prefix);
      if (next.depth > MAX_DEPTH) throw tooMuch(path, `submodules go more than ${MAX_DEPTH} levels deep`);
      if (parts.length >= MAX_SUBMODULES)
        throw tooMuch(path, `there are more than ${MAX_SUBMODULES} submodules`);
      const url = urls.get(link.path.toString('utf8'));
      if (url === undefined) throw notDeclared(path);
      const address = submoduleAddress(path, url, options.submodules.allow);
      const repository = await fetchSubmodule({ path, address, commit: link.id }, options);
      const part = { repository, prefix, entries: await listTree(repository, link.id, options.env) };
      parts.push(part);
      waiting.push({ part, commit: link.id, depth: next.depth + 1 });
    }
  }
  return parts;
}

function notDeclared(path: string): Refusal {
  return new Refusal(
    422,
    'submodule_refused',
    `Submodule ${path}: .gitmodules does not say where it comes from`,
    `a repository inside the repository? Add its URL with \`git submodule add https://… ${path}\`, ` +
      `or take it out with \`git rm --cached ${path}\` and commit its files`,
  );
}

function tooMuch(path: string, why: string): Refusal {
  return new Refusal(422, 'submodule_refused', `Submodule ${path}: ${why}`, 'commit the files themselves');
}

function printable(prefix: Buffer): string {
  const path = prefix.toString('utf8').replace(/\/$/, '');
  return /^[\p{L}\p{N}\p{P}\p{S}]{1,200}$/u.test(path) ? path : JSON.stringify(path.slice(0, 200));
}
