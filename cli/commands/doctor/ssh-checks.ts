import { access } from 'node:fs/promises';
import { sshProgram } from '../../api/ssh-command.ts';
import { formatAddress, type SshAddress } from '../../platform/address.ts';
import type { Settings } from '../../settings.ts';
import { fails, passes, type Check } from './check.ts';
import { programOutput } from './program-output.ts';

/** The ssh client, a key for it to offer, and the platform's host key among the known ones. */
export async function sshChecks(settings: Settings, address: SshAddress): Promise<Check[]> {
  const [program, ...args] = sshProgram(settings.ssh);
  // ssh itself says what its config comes to for this host: files, names, ports.
  const said = await programOutput(program, [
    ...args,
    '-G',
    ...(address.port === undefined ? [] : ['-p', String(address.port)]),
    '--',
    `${address.user}@${address.host}`,
  ]);
  if (said === undefined)
    return [fails('ssh', `"${program}" is not a working ssh`, 'Install an OpenSSH client')];
  const config = effective(said, settings.home);
  return [
    passes('ssh', program),
    await keyCheck(config.all('identityfile')),
    await hostKeyCheck(address, config),
  ];
}

interface Effective {
  first(name: string): string | undefined;
  all(name: string): string[];
}

function effective(said: string, home: string): Effective {
  const pairs = said.split('\n').map((line) => {
    const at = line.indexOf(' ');
    return [line.slice(0, at), line.slice(at + 1).replaceAll(/(^| )~\//g, `$1${home}/`)] as const;
  });
  const all = (name: string) => pairs.filter(([key]) => key === name).map(([, text]) => text);
  return { first: (name) => all(name)[0], all };
}

async function keyCheck(files: readonly string[]): Promise<Check> {
  const held = await programOutput('ssh-add', ['-l']);
  if (held !== undefined) return passes('ssh key', `${held.trim().split('\n').length} in the agent`);
  for (const file of files) {
    if (await exists(file)) return passes('ssh key', file);
  }
  return fails('ssh key', 'there is no key that ssh would offer', 'ssh-keygen -t ed25519');
}

async function hostKeyCheck(address: SshAddress, config: Effective): Promise<Check> {
  const host = config.first('hostkeyalias') ?? config.first('hostname') ?? address.host;
  const port = config.first('port') ?? '22';
  const name = port === '22' ? host : `[${host}]:${port}`;
  const files = [config.first('userknownhostsfile'), config.first('globalknownhostsfile')]
    .flatMap((list) => list?.split(' ') ?? [])
    .filter((file) => file !== '' && file !== '/dev/null');
  for (const file of files) {
    const found = await programOutput('ssh-keygen', ['-F', name, '-f', file]);
    if (found !== undefined && found.trim() !== '') return passes('known_hosts', `${name} in ${file}`);
  }
  return fails(
    'known_hosts',
    `the host key of ${name} is not known here; compare its fingerprint with what \`sluice setup\` showed`,
    `ssh -T ${formatAddress(address)}`,
  );
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
