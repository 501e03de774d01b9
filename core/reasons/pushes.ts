import type { ReasonText } from './reason-text.ts';

/** What a push, a clone or a login is refused for by the SSH front and the tree of the commit. */
export const PUSHES = {
  unknown_command: {
    title: 'the SSH command is not one that the front runs',
    cause: 'a mistyped verb',
    mend: '`ssh sluice@HOST help`, or the `sluice` command',
  },
  no_push_commands: {
    title: 'the client does not speak the push protocol',
    cause: 'another program than git, or a very old one',
    mend: 'push with git 2.20 or newer',
  },
  unknown_push_option: {
    title: '`git push -o` with an unknown name',
    cause: 'mistyped',
    mend: 'use one of those that are named',
  },
  malformed_push_option: {
    title: '`git push -o` with a value that does not fit',
    cause: 'mistyped',
    mend: 'write it as it is shown',
  },
  deletion: {
    title: 'a branch is deleted',
    cause: '`git push platform :main`',
    mend: '`sluice ps:scale web=0` stops the app, `sluice apps:destroy` removes it',
  },
  several_branches: {
    title: 'more than one branch in one push',
    cause: '`git push --all` or `--mirror`',
    mend: 'push the one to deploy: `git push platform main`',
  },
  wrong_branch: {
    title: 'another branch than the deploy branch',
    cause: 'a work branch was pushed by its own name',
    mend: '`git push platform BRANCH:main`',
  },
  reserved_ref: {
    title: 'refs/sluice/* or refs/builds/*',
    cause: '`git push --mirror`',
    mend: 'push a branch: `git push platform HEAD:main`',
  },
  unsupported_ref: {
    title: 'neither a branch nor a tag',
    cause: "notes or another tool's refs",
    mend: 'push a branch: `git push platform HEAD:main`',
  },
  not_a_commit: {
    title: 'the branch is to point at a tag, a tree or a blob',
    cause: 'an annotated tag was pushed as a branch',
    mend: '`git push platform TAG^0:main`',
  },
  shallow: {
    title: 'a push from a shallow clone that lacks history',
    cause: 'CI clones with `--depth 1`',
    mend: '`git fetch --unshallow`, then push again',
  },
  lfs_pointer: {
    title: 'a file is a Git LFS pointer',
    cause: 'the repository uses Git LFS',
    mend: '`git lfs migrate export --include=FILE --everything`, then push again',
  },
  no_dockerfile: {
    title: 'no Dockerfile in the commit',
    cause: 'it was never written, or not committed',
    mend: '`sluice init` writes one; commit it and push again',
  },
  broken_config: {
    title: 'sluice.yaml, Procfile, app.json or the Dockerfile is wrong',
    cause: 'a slip in the line that is named',
    mend: 'mend it, `git commit --amend`, and push again',
  },
  pack_too_large: {
    title: 'more bytes are sent than allowed',
    cause: 'build results or data are committed',
    mend: '`git rm --cached FILE`, add it to .gitignore, `git commit --amend`',
  },
  bad_objects: {
    title: 'git refuses the objects themselves (fsck, a damaged pack)',
    cause: 'old or damaged history',
    mend: '`git fsck --strict` names them',
  },
  tree_too_large: {
    title: 'the files of the commit are larger than allowed, expanded',
    cause: 'data is committed',
    mend: '`git rm --cached` the largest, `git commit --amend`',
  },
  too_many_files: {
    title: 'the commit has more files than allowed',
    cause: 'installed packages are committed',
    mend: '`git rm -r --cached FOLDER` and add it to .gitignore',
  },
  tree_too_deep: {
    title: 'folders are nested deeper than allowed',
    cause: 'a tool has made them',
    mend: '`git rm -r --cached FOLDER`, `git commit --amend`',
  },
  odd_mode: {
    title: 'a file mode that git itself never writes',
    cause: 'another tool wrote the commit',
    mend: '`git rm --cached FILE`, `git add FILE`, `git commit --amend`',
  },
  symlink_leaves_tree: {
    title: 'a symbolic link that points out of the repository',
    cause: 'an absolute path of your machine',
    mend: 'make it relative and keep it inside, `git commit --amend`',
  },
  embedded_repository: {
    title: 'a folder that git would take for a bare repository',
    cause: 'a fixture of tests',
    mend: '`git rm -r --cached FOLDER`, or pack it into an archive',
  },
  submodule_path: {
    title: 'a submodule path with control characters, or such a .gitmodules',
    cause: 'another tool wrote it',
    mend: '`git mv OLD NEW`, look at .gitmodules, `git commit --amend`',
  },
  submodule_refused: {
    title: 'a submodule that may not be fetched',
    cause: 'its host is not one that the admin allows, or its address is a private one',
    mend: 'commit the files themselves, or ask the admin for its host',
  },
  submodule_unreachable: {
    title: 'a submodule that cannot be fetched',
    cause: 'its host is away, it is private, or its commit is not there any more',
    mend: 'check it with `git clone`, push the submodule first, then push again',
  },
  unreadable_tree: {
    title: 'git cannot read the files of the commit',
    cause: 'damaged objects',
    mend: '`git fsck`, then push again',
  },
  hostile_tree: {
    title: 'the tree of the commit holds a path that may not be written',
    cause: 'a name such as `..` or `.git`',
    mend: 'take it out of the commit: `git rm --cached`, `git commit --amend`',
  },
  repository_invalid: {
    title: "the app's repository cannot be read",
    cause: "a fault of the platform's disk",
    mend: 'an admin looks with `sluice doctor`',
  },
  not_descendant: {
    title: 'a newer build is under way, and the commit does not contain it',
    cause: 'somebody else has pushed meanwhile',
    mend: '`git pull platform main`, or replace it: `git push -o supersede platform main`',
  },
  commit_let_go: {
    title: 'git was just removing that commit',
    cause: 'it was not used for long',
    mend: 'push again',
  },
  commit_not_found: {
    title: 'the repository has no such commit',
    cause: 'it was never pushed, or has been removed',
    mend: '`git push platform main`',
  },
  internal: {
    title: 'a fault of the platform',
    cause: 'a fault of the platform; its log has the cause under the number that is named',
    mend: 'push again; if it fails again, give an admin that number',
  },
  platform_unreachable: {
    title: 'the server does not answer',
    cause: 'it is restarted at the moment',
    mend: 'push again in a minute; an admin looks with `sluice doctor`',
  },
  platform_interrupted: {
    title: 'the server stopped before it answered',
    cause: 'it was restarted at that moment',
    mend: 'look first whether it was done (`sluice apps`, `sluice releases`), then type it again',
  },
} as const satisfies Record<string, ReasonText>;
