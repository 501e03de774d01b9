import { misuse } from '../failure.ts';
import type { SshAddress } from '../platform/address.ts';

/** What the SSH front runs the API under. */
export const API_COMMAND = 'sluice-api';

/**
 * SLUICE_SSH as path and arguments: words between blanks, with '…' and "…" around those that hold blanks. No shell
 * reads it, so nothing in it is expanded.
 */
export function sshProgram(setting: string | undefined): readonly [string, ...string[]] {
  if (setting === undefined) return ['ssh'];
  const words = [...setting.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) =>
    word.replaceAll(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''),
  );
  const [program, ...args] = words;
  if (program === undefined || program === '') throw misuse('SLUICE_SSH names no program');
  return [program, ...args];
}

/**
 * The argv that opens a channel to the API. The person's own ssh config and agent decide all but this: no terminal, no
 * forwarding (a LocalForward meant for logins would fail or linger), and a dead line is noticed within a minute.
 */
export function sshArgv(
  setting: string | undefined,
  address: SshAddress,
  command: string,
): [string, ...string[]] {
  const [program, ...args] = sshProgram(setting);
  return [
    program,
    ...args,
    '-T',
    ...[
      'ClearAllForwardings=yes',
      'ForwardAgent=no',
      'ServerAliveInterval=15',
      'ServerAliveCountMax=3',
    ].flatMap((option) => ['-o', option]),
    ...(address.port === undefined ? [] : ['-p', String(address.port)]),
    '--',
    `${address.user}@${address.host}`,
    command,
  ];
}
