import { programOf } from '../program-setting.ts';
import type { Settings } from '../settings.ts';
import type { SshAddress } from '../platform/address.ts';

/** What the SSH front runs the API under. */
export const API_COMMAND = 'sluice-api';

export function sshProgram(setting: string | undefined): readonly [string, ...string[]] {
  return setting === undefined ? ['ssh'] : programOf(setting, 'SLUICE_SSH');
}

/**
 * The argv that opens a channel to the API. The person's own ssh config and agent decide all but this: no terminal, no
 * forwarding (a LocalForward meant for logins would fail or linger), and a dead line is noticed within a minute.
 */
export function sshArgv(
  { ssh, quiet }: Pick<Settings, 'ssh' | 'quiet'>,
  address: SshAddress,
  command: string,
): [string, ...string[]] {
  const [program, ...args] = sshProgram(ssh);
  return [
    program,
    ...args,
    '-T',
    ...[
      'ClearAllForwardings=yes',
      'ForwardAgent=no',
      'ServerAliveInterval=15',
      'ServerAliveCountMax=3',
      ...(quiet ? ['BatchMode=yes', 'ConnectTimeout=2'] : []),
    ].flatMap((option) => ['-o', option]),
    ...(address.port === undefined ? [] : ['-p', String(address.port)]),
    '--',
    `${address.user}@${address.host}`,
    command,
  ];
}
