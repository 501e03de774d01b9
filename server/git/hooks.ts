import { createHash } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';

/** File descriptors that git's hooks inherit from `git receive-pack`, which has them from the front. */
const PRE_RECEIVE_FD = 3;
const PROC_RECEIVE_FD = 4;

/**
 * Hooks only relay: the front decides. They are sh, as a node process costs 105 ms and sh 0.2 ms. If the front dies,
 * its end of the socket closes, `read` ends, and git reports a failure.
 *
 * pre-receive sends records that end with NUL: the object folder, its alternates, the push options each after a `=`, an
 * empty record, the commands as git gives them, an empty record. None of them can hold a NUL.
 */
const PRE_RECEIVE = `#!/bin/sh
{
  printf '%s\\0' "\${GIT_OBJECT_DIRECTORY-}" "\${GIT_ALTERNATE_OBJECT_DIRECTORIES-}" || exit 1
  i=0
  while [ "$i" -lt "\${GIT_PUSH_OPTION_COUNT:-0}" ]; do
    eval "printf '=%s\\0' \\"\\$GIT_PUSH_OPTION_$i\\"" || exit 1
    i=$((i + 1))
  done
  printf '\\0' || exit 1
  while IFS= read -r line; do printf '%s\\0' "$line" || exit 1; done
  printf '\\0' || exit 1
} >&${PRE_RECEIVE_FD}
IFS= read -r verdict <&${PRE_RECEIVE_FD} || exit 1
[ "$verdict" = ok ]
`;

/**
 * proc-receive says that it is there and then passes on what the front answers. What git tells it is of no use: the
 * front knows the one command from pre-receive, and git's few lines fit the pipe. But it stays until git has said all,
 * as git fails at a pipe that nobody reads; closing its output first lets git see the end if the front has died.
 * The answer is text without a NUL, so that sh can pass it on by itself: starting `cat` costs milliseconds.
 */
const PROC_RECEIVE = `#!/bin/sh
printf '\\0' >&${PROC_RECEIVE_FD} || exit 1
while IFS= read -r line <&${PROC_RECEIVE_FD}; do printf '%s\\n' "$line"; done
printf '%s' "$line"
exec >&-
while IFS= read -r line; do :; done
`;

const HOOKS = { 'pre-receive': PRE_RECEIVE, 'proc-receive': PROC_RECEIVE };

/**
 * Writes the hooks below `folder` and gives their place. It is named by their content, so that the front of another
 * version that still serves a push keeps its own.
 */
export async function installHooks(folder: string): Promise<string> {
  const digest = createHash('sha256').update(JSON.stringify(HOOKS)).digest('hex').slice(0, 16);
  const place = `${folder}/git-hooks-${digest}`;
  const made = `${place}.${process.pid}`;
  await mkdir(made, { recursive: true, mode: 0o755 });
  for (const [name, text] of Object.entries(HOOKS)) await writeFile(`${made}/${name}`, text, { mode: 0o755 });
  try {
    await rename(made, place);
  } catch (error) {
    // It stands already: a folder that is not empty is not replaced.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    await rm(made, { recursive: true });
  }
  return place;
}
