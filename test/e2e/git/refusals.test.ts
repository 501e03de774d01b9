import { execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { REFUSALS, type RefusalCode } from '../../../server/git/refusals.ts';
import { plantBomb, plantTree, type PlantedEntry } from './support/planted.ts';
import { Rig, type Clone } from './support/rig.ts';
import { git } from './support/fake-server.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
  rig.app.limits = { packBytes: 300_000, expandedBytes: 2_000_000, entries: 500 };
  const seed = rig.clone('seed');
  seed.git('push', '-q', `file://${rig.app.repository}`, 'main:seed');
});
afterAll(() => rig.stop());

interface Refused {
  readonly code: RefusalCode;
  readonly name: string;
  /** Makes the commit, and gives the arguments of `git push platform`. */
  readonly given: (clone: Clone) => string[];
  /** What the pusher must read, each. */
  readonly says: readonly string[];
}

const DOCKERFILE = { Dockerfile: 'FROM scratch\n' };

function files(more: Record<string, string>): (clone: Clone) => string[] {
  return (clone) => {
    clone.write(more);
    clone.commit('more');
    return ['main'];
  };
}

/** A commit whose root tree also holds entries that `git add` would not write. */
function planted(entries: (clone: Clone) => PlantedEntry[]): (clone: Clone) => string[] {
  return (clone) => [`${plantTree(clone, entries(clone))}:refs/heads/main`];
}

function link(path: string, target: string): (clone: Clone) => string[] {
  return (clone) => {
    clone.write({ 'folder/file': 'x' });
    symlinkSync(target, join(clone.folder, path));
    clone.commit('link');
    return ['main'];
  };
}

const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12345\n`;

const TABLE: readonly Refused[] = [
  {
    code: 'unknown_push_option',
    name: 'an unknown push option',
    given: () => ['-o', 'fast', 'main'],
    says: [
      'There is no push option "fast".',
      'wait=build, wait=live, detach, now, no-cache, supersede, reason=TEXT',
    ],
  },
  {
    code: 'malformed_push_option',
    name: 'a value that an option does not have',
    given: () => ['-o', 'wait=tests', 'main'],
    says: ['The push option "wait=tests" is malformed.', 'write -o wait=build or -o wait=live'],
  },
  {
    code: 'malformed_push_option',
    name: 'a value for an option that takes none',
    given: () => ['-o', 'detach=yes', 'main'],
    says: ['it takes no value: -o detach'],
  },
  {
    code: 'several_branches',
    name: 'several branches at once',
    given: (clone) => {
      clone.git('branch', 'feature');
      return ['main', 'feature'];
    },
    says: ['A push brings one branch, not 2: ', 'git push platform main'],
  },
  {
    code: 'wrong_branch',
    name: 'another branch',
    given: (clone) => {
      clone.git('branch', 'feature');
      return ['feature'];
    },
    says: ['Only "main" is deployed here', 'git push platform feature:main'],
  },
  {
    code: 'deletion',
    name: 'a branch that is deleted',
    given: () => [':seed'],
    says: ['A push cannot delete "seed".', 'sluice apps:destroy'],
  },
  {
    code: 'reserved_ref',
    name: 'a hidden ref, which git itself refuses before any hook',
    given: () => ['main:refs/sluice/builds/1'],
    says: ['"refs/sluice/builds/1" belongs to the platform.', 'git push platform HEAD:main'],
  },
  {
    code: 'reserved_ref',
    name: 'the name that git prints for a build',
    given: () => ['main:refs/builds/1'],
    says: ['"refs/builds/1" belongs to the platform.'],
  },
  {
    code: 'unsupported_ref',
    name: 'a ref that is neither branch nor tag',
    given: () => ['main:refs/for/main'],
    says: ['neither the deploy branch nor a tag', 'git push platform HEAD:main'],
  },
  {
    code: 'lfs_pointer',
    name: 'a Git LFS pointer',
    given: files({ 'assets/movie.mp4': POINTER }),
    says: ['"assets/movie.mp4" is a Git LFS pointer', 'git lfs migrate export --include="assets/movie.mp4"'],
  },
  {
    code: 'no_dockerfile',
    name: 'no Dockerfile',
    given: (clone) => {
      clone.git('rm', '-q', 'Dockerfile');
      clone.commit('without');
      return ['main'];
    },
    says: ['Dockerfile', 'Make one with `sluice init`, commit it and push again.'],
  },
  {
    code: 'broken_config',
    name: 'a broken sluice.yaml',
    given: files({ 'sluice.yaml': 'scale:\n  web: many\n' }),
    says: ['to mend in sluice.yaml', 'sluice.yaml:2: ', 'right: '],
  },
  {
    code: 'broken_config',
    name: 'a broken Procfile',
    given: files({ Procfile: 'web: node .\nthis is no process\n' }),
    says: ['Procfile:2: '],
  },
  {
    code: 'broken_config',
    name: 'a broken app.json',
    given: files({ 'app.json': '{\n  "env": {,}\n}\n' }),
    says: ['app.json:2: '],
  },
  {
    code: 'pack_too_large',
    name: 'a pack over the limit',
    given: (clone) => {
      writeFileSync(join(clone.folder, 'noise'), execFileSync('head', ['-c', '600000', '/dev/urandom']));
      clone.commit('noise');
      return ['main'];
    },
    says: ['The push is larger than 300 KB.', '.gitignore'],
  },
  {
    code: 'tree_too_large',
    name: 'files that are small in the pack and large outside of it',
    given: files({ zeros: '0'.repeat(3_000_000) }),
    says: ['are 3 MB in all; at most 2 MB are allowed', 'git ls-tree -r -l'],
  },
  {
    code: 'too_many_files',
    name: 'too many files',
    given: (clone) => {
      clone.write(Object.fromEntries(Array.from({ length: 501 }, (_, i) => [`node_modules/f${i}`, `${i}`])));
      clone.commit('many');
      return ['main'];
    },
    says: ['at most 500 are allowed', 'git rm -r --cached FOLDER'],
  },
  {
    code: 'too_many_files',
    name: 'a tree of 10^10 files in a few objects',
    given: (clone) => [`${plantBomb(clone, 10, 10)}:refs/heads/main`],
    says: ['This commit has 1000000000', 'at most 500 are allowed'],
  },
  {
    code: 'tree_too_deep',
    name: 'folders nested 300 deep',
    given: (clone) => [`${plantBomb(clone, 300, 1)}:refs/heads/main`],
    says: ['at most 200 are allowed'],
  },
  {
    code: 'symlink_leaves_tree',
    name: 'an absolute link',
    given: link('passwords', '/etc/passwd'),
    says: ['The link "passwords" points out of the repository, to "/etc/passwd".'],
  },
  {
    code: 'symlink_leaves_tree',
    name: 'a link that climbs out',
    given: link('folder/up', '../../other'),
    says: ['The link "folder/up" points out of the repository, to "../../other".'],
  },
  {
    code: 'odd_mode',
    name: 'the mode 100777',
    given: planted((clone) => [
      { mode: '100777', name: 'run', oid: clone.git('rev-parse', 'HEAD:Dockerfile') },
    ]),
    says: ['"run" has the mode 100777'],
  },
  {
    code: 'embedded_repository',
    name: 'a bare repository in a folder',
    given: files({ 'x/repo/HEAD': 'ref: refs/heads/main\n', 'x/repo/objects/a': '', 'x/repo/refs/a': '' }),
    says: ['The folder "x/repo" is a bare git repository'],
  },
  {
    code: 'submodule_path',
    name: 'a CR at the end of a submodule path',
    given: files({ '.gitmodules': '[submodule "a"]\n\tpath = "a\r"\n\turl = https://example.com/a\n' }),
    says: ['The path of a submodule holds a control character'],
  },
  {
    code: 'bad_objects',
    name: 'a folder named .git, which fsck refuses',
    given: planted((clone) => [
      { mode: '100644', name: '.git', oid: clone.git('rev-parse', 'HEAD:Dockerfile') },
    ]),
    says: ['hasDotgit', 'git refused the objects of this push', 'git fsck --strict'],
  },
  {
    code: 'shallow',
    name: 'a shallow clone that lacks history',
    given: (clone) => {
      clone.commit('second');
      clone.git('clone', '-q', '--depth', '1', `file://${clone.folder}`, 'shallow');
      clone.git('-C', 'shallow', 'remote', 'add', 'platform', rig.url());
      return ['-C', 'shallow', 'main'];
    },
    says: ['This clone is shallow', 'git fetch --unshallow'],
  },
];

describe('a push is refused', () => {
  test.each(TABLE.map((row, index) => ({ ...row, index })))(
    '$code: $name',
    async ({ given, says, index, code }) => {
      const clone = rig.clone(`refused-${index}`, DOCKERFILE);
      const args = given(clone);
      const refs = git(rig.app.repository, 'for-each-ref');
      const pushed =
        args[0] === '-C'
          ? await clone.run('-C', args[1] ?? '', 'push', 'platform', 'main')
          : await clone.push(...args);
      for (const text of says) expect(pushed.err).toContain(text);
      expect(pushed.err).toContain(' !     ');
      expect(pushed.err).toContain(REFUSALS[code].hint.split('{')[0] ?? '');
      expect(pushed.code, pushed.err).not.toBe(0);
      expect(git(rig.app.repository, 'for-each-ref')).toBe(refs);
      expect(rig.server.builds).toHaveLength(0);
    },
  );

  test('the table has every refusal of a push', () => {
    const elsewhere: RefusalCode[] = [
      'unknown_command',
      'no_push_commands',
      'not_a_commit',
      'unreadable_tree',
      'platform_unreachable',
      'internal',
    ];
    const tested = [...new Set([...TABLE.map(({ code }) => code), ...elsewhere])];
    expect(tested.toSorted()).toEqual(Object.keys(REFUSALS).toSorted());
  });
});
