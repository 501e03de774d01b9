import { reason, type Reason } from '../../core/reason.ts';
import type { ReasonCode } from '../../core/reasons/reasons.ts';

interface RefusalText {
  readonly message: string;
  /** What to type next. */
  readonly hint: string;
}

/**
 * Every refusal that a push, a clone or a login can meet in the SSH front, by its stable code. `{name}` is filled in. When each comes
 * stands in core/reasons/pushes.ts.
 * What only the server can know (unknown app, no access, a newer build under way, disk full) comes from the server
 * as a Reason and is shown in the same form.
 */
export const REFUSALS = {
  unknown_command: {
    message: 'Sluice does not run `{command}`.',
    hint: 'Push with `git push platform main`, or use the `sluice` command.',
  },
  no_push_commands: {
    message: 'That is not a push that git would send ({why}).',
    hint: 'Push with git 2.20 or newer: `git push platform main`.',
  },
  unknown_push_option: {
    message: 'There is no push option "{option}".',
    hint: 'Use one of: {valid}.',
  },
  malformed_push_option: {
    message: 'The push option "{option}" is malformed.',
    hint: 'Right: {fix}.',
  },
  deletion: {
    message: 'A push cannot delete "{ref}".',
    hint: 'Stop the app with `sluice ps:scale web=0`, or remove it with `sluice apps:destroy`.',
  },
  several_branches: {
    message: 'A push brings one branch, not {count}: {names}.',
    hint: 'Push the one to deploy: `git push platform {branch}`.',
  },
  wrong_branch: {
    message: 'Only "{branch}" is deployed here, and "{name}" is another branch.',
    hint: 'To deploy it: `git push platform {name}:{branch}`.',
  },
  reserved_ref: {
    message: '"{ref}" belongs to the platform.',
    hint: 'Push a branch: `git push platform HEAD:{branch}`.',
  },
  unsupported_ref: {
    message: '"{ref}" is neither the deploy branch nor a tag.',
    hint: 'Push a branch: `git push platform HEAD:{branch}`.',
  },
  not_a_commit: {
    message: '{oid} is a {type}, not a commit.',
    hint: 'Push the commit: `git push platform {oid}^0:{branch}`.',
  },
  shallow: {
    message: 'This clone is shallow: the platform lacks the history below it.',
    hint: 'Fetch the rest, then push again: `git fetch --unshallow`.',
  },
  lfs_pointer: {
    message: '"{path}" is a Git LFS pointer: the build would get the pointer, not the file.',
    hint: 'Take it out of LFS: `git lfs migrate export --include="{path}" --everything`, then push again.',
  },
  no_dockerfile: {
    message: '{detail}',
    hint: 'Make one with `sluice init`, commit it and push again.',
  },
  broken_config: {
    message: '{count} to mend in {files}:',
    hint: 'Mend it, `git commit --amend`, and push again.',
  },
  pack_too_large: {
    message: 'The push is larger than {limit}.',
    hint: 'Keep build results and data out of git: `git rm --cached FILE`, add it to .gitignore, `git commit --amend`.',
  },
  bad_objects: {
    message: 'git refused the objects of this push; its own words stand above.',
    hint: 'Look with `git fsck --strict`; a file or folder named in it must leave the history, then push again.',
  },
  tree_too_large: {
    message: 'The files of this commit are {size} in all; at most {limit} are allowed.',
    hint: 'Find the largest with `git ls-tree -r -l {oid} | sort -k4 -n | tail`, then `git rm --cached` them.',
  },
  too_many_files: {
    message: 'This commit has {count} files; at most {limit} are allowed.',
    hint: 'Keep installed packages out of git: `git rm -r --cached FOLDER` and add it to .gitignore.',
  },
  tree_too_deep: {
    message: 'Folders are nested {depth} deep; at most {limit} are allowed.',
    hint: 'Take the deepest folder out: `git rm -r --cached FOLDER`, `git commit --amend`.',
  },
  odd_mode: {
    message: '"{path}" has the mode {mode}, which git itself never writes.',
    hint: 'Add it anew: `git rm --cached "{path}"`, `git add "{path}"`, `git commit --amend`.',
  },
  symlink_leaves_tree: {
    message: 'The link "{path}" points out of the repository, to "{target}".',
    hint: 'Make it relative and keep it inside: `ln -sfn TARGET "{path}"`, `git add "{path}"`, `git commit --amend`.',
  },
  embedded_repository: {
    message: 'The folder "{path}" is a bare git repository inside the repository.',
    hint: 'Take it out: `git rm -r --cached "{path}"`, or pack it into an archive; then `git commit --amend`.',
  },
  submodule_path: {
    message: 'The path of a submodule holds a control character: {path}.',
    hint: 'Name it anew: `git mv OLD NEW`, look at .gitmodules, `git commit --amend`.',
  },
  unreadable_tree: {
    message: 'git cannot read the files of {oid}.',
    hint: 'Look with `git fsck`, then push again.',
  },
  platform_unreachable: {
    message: 'The platform does not answer at the moment; nothing has changed.',
    hint: 'Push again in a minute; an admin can look with `sluice doctor`.',
  },
  internal: {
    message: 'The platform failed at this push. Its log has the cause under {id}.',
    hint: 'Push again; if it fails again, give an admin that number.',
  },
} as const satisfies Partial<Record<ReasonCode, RefusalText>>;
export type RefusalCode = keyof typeof REFUSALS;

/** A refusal of the table with its placeholders filled in. */
export function refuse(
  code: RefusalCode,
  values: Readonly<Record<string, string | number>> = {},
  detail?: readonly string[],
): Reason {
  const text: RefusalText = REFUSALS[code];
  return reason(code, fill(text.message, values), fill(text.hint, values), detail);
}

function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the refusal needs a value for ${name}`);
    return String(value);
  });
}
