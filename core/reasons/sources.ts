import type { ReasonText } from './reason-text.ts';

/** Why nothing comes from the repository that an app is linked to. */
export const SOURCES = {
  not_linked: {
    title: 'The app is linked to no repository',
    cause: 'a web hook or a build asked for a commit that was not pushed to the platform',
    mend: '`sluice repository:link URL -a APP`, or push it: `git push platform main`',
  },
  source_refused: {
    title: 'The repository cannot be linked or fetched from there',
    cause: 'its host is private or not among those that the admin allows, or it answers with a redirect',
    mend: 'link it where it really is; the admin allows hosts by SLUICE_SOURCE_HOSTS and SLUICE_PRIVATE_HOSTS',
  },
  source_unreachable: {
    title: 'The linked repository did not answer as a git repository does',
    cause: 'its host is away, or the URL is not quite right',
    mend: '`sluice repository:check -a APP`',
  },
  source_host_key: {
    title: 'The host of the linked repository shows another key than when it was linked',
    cause: 'the host was set up anew, or somebody stands in between',
    mend: 'if the new key is right, link it anew: `sluice repository:unlink`, then `sluice repository:link`',
  },
  source_login: {
    title: 'The linked repository lets nobody in with what it was given',
    cause: 'the deploy key was not added there, or the token has expired',
    mend: 'add the deploy key there (`sluice repository` shows it), or link it with a token that may read it',
  },
  source_not_found: {
    title: 'There is no such repository, or it is hidden',
    cause: 'the URL is wrong, or the deploy key may not read it',
    mend: 'check the URL, and add the deploy key there: `sluice repository` shows both',
  },
  source_limit: {
    title: 'The linked repository is larger than the platform takes',
    cause: 'build results or data are in its history',
    mend: 'keep them out of git, or push to the platform',
  },
  source_ref: {
    title: 'The linked repository has no such branch or tag',
    cause: 'it was removed there, or has another name',
    mend: 'push it there, or link another branch: `sluice repository:link URL --branch NAME`',
  },
  commit_not_in_source: {
    title: 'The linked repository does not have that commit on a branch or tag',
    cause: 'it was pushed over, or is on a fork',
    mend: 'push it there, then ask again',
  },
  git_too_old: {
    title: 'The git of the server is too old for that',
    cause: 'linked repositories need git 2.37 or newer',
    mend: 'the admin updates git on the server',
  },
} as const satisfies Record<string, ReasonText>;
