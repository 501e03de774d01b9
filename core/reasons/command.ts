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
  delivery_failed: {
    title: 'What came by a web hook could not be processed',
    cause: 'the platform, or the repository that it fetches from, refused it',
    mend: '`sluice hooks:deliveries` says why',
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
  editor_failed: {
    title: 'The editor ended with an error, and nothing was changed',
    cause: 'it was left by force, or is not there',
    mend: 'try again, or name another: `EDITOR=nano sluice config:edit`',
  },
  is_secret: {
    title: 'The key is a secret, and the platform shows its value to nobody',
    cause: 'secrets are set, not read',
    mend: 'the app itself has it: `sluice run printenv KEY`',
  },
  secret_empty: {
    title: 'The value of the secret is empty, and nothing was set',
    cause: 'an empty pipe, or a slip of the Enter key',
    mend: 'give it again; if it is to be empty: `--from-file KEY=/dev/null`',
  },
  not_answered: {
    title: 'No answer was given, and nothing was changed',
    cause: 'stdin ended',
    mend: 'answer, or say it on the command line',
  },
  audit_changed: {
    title: 'A row of the audit log was changed, removed or moved',
    cause: 'somebody wrote to the journal behind the back of the platform',
    mend: 'compare with a backup; `sluice audit:verify` names the first row',
  },
  audit_missing: {
    title: 'A row of the audit log is missing',
    cause: 'somebody removed it from the journal behind the back of the platform',
    mend: 'compare with a backup; `sluice audit:verify` names the place',
  },
  audit_cut: {
    title: 'The end of the audit log was cut off',
    cause: 'the journal was put back to an older state, or rows were removed',
    mend: 'compare with a backup',
  },
  audit_rewritten: {
    title: 'The audit log was written anew as a whole',
    cause: 'somebody had the journal and the master key',
    mend: 'compare with a backup',
  },
  audit_retired: {
    title: 'The row of the audit log that was noted is no longer kept',
    cause: 'it is older than SLUICE_AUDIT_DAYS',
    mend: 'note the head anew, more often: `sluice audit:verify` prints it',
  },
  audit_head: {
    title: 'The audit log does not hold the row that was noted',
    cause: 'it was cut or written anew since, or the head was mistyped',
    mend: 'check the head; compare with a backup',
  },
  env_file_invalid: {
    title: 'The .env file is not understood, and nothing was set',
    cause: 'a line without "=", or a quote that does not end',
    mend: 'mend the lines that it names, and try again',
  },
} as const satisfies Record<string, ReasonText>;
