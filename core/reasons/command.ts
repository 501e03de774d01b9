import type { ReasonText } from './reason-text.ts';

/** What the `sluice` command says by itself, before or after it has asked the platform. */
export const COMMAND = {
  misuse: {
    title: 'The command line is wrong',
    cause: 'an option or an argument is missing or mistyped',
    mend: '`sluice help COMMAND`',
  },
  platform_unreached: {
    title: 'The platform was not reached',
    cause: 'its address is wrong, the network is down, or it is not running',
    mend: '`sluice doctor` says which',
  },
  unexpected: {
    title: 'The command itself failed',
    cause: 'a fault of `sluice`',
    mend: 'type it again; report what it says',
  },
  unexpected_answer: {
    title: "The command does not understand the platform's answer",
    cause: 'command and platform are of different versions',
    mend: 'bring both to the same version: `sluice status`',
  },
  bad_config_file: {
    title: 'The file that `sluice setup` wrote cannot be read',
    cause: 'it was changed by hand',
    mend: 'remove it, or correct it',
  },
  git_failed: {
    title: 'git could not do it',
    cause: "git's own words say why",
    mend: 'mend what git says',
  },
  no_builds: {
    title: 'The app has no builds yet',
    cause: 'nothing was pushed',
    mend: '`git push platform main`',
  },
  no_rollouts: {
    title: 'The app has no rollouts yet',
    cause: 'nothing was pushed',
    mend: '`git push platform main`',
  },
  no_rollout_under_way: {
    title: 'No rollout is under way',
    cause: 'the last one has ended',
    mend: '`sluice rollouts`',
  },
  not_live: {
    title: 'It did not become live',
    cause: 'the rollout ended otherwise',
    mend: '`sluice rollouts:show`',
  },
  not_written: {
    title: 'A file is there already and was not written over',
    cause: '`sluice init` was run before',
    mend: '`sluice init --force`, or remove the file',
  },
  stopped_watching: {
    title: 'Only the watching ended; the rollout goes on',
    cause: 'Ctrl-C',
    mend: '`sluice rollouts:show -f` looks again',
  },
} as const satisfies Record<string, ReasonText>;
