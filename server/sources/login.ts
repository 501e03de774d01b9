import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LinkSecrets } from '../store/linked-repositories.ts';
import type { GitEnv } from '../tree/git.ts';
import type { SourceAddress } from './address.ts';

/** How git reaches one repository: who it is there, and at which address. */
export interface Login extends AsyncDisposable {
  /** Added to git's environment. */
  readonly env: GitEnv;
  /** Lines of a known_hosts file that the host has shown, beside those that were known; '' for none. */
  hostKeys(): Promise<string>;
}

/**
 * By SSH: a folder of its own for ssh, with the deploy key in a file that is gone as soon as it was used. Nothing of the
 * machine's own configuration, keys, agents or known hosts plays a part.
 * @param folder where that is made
 * @param address that the name has been found to have; ssh connects to no other
 * @param hostKeys undefined: the host is seen for the first time, and what it shows is believed
 */
export async function sshLogin(
  folder: string,
  { host, user = 'git' }: Pick<SourceAddress, 'host' | 'user'>,
  address: string,
  key: string,
  hostKeys: string | undefined,
): Promise<Login> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const own = await mkdtemp(join(folder, 'ssh-'));
  const files = { config: join(own, 'config'), key: join(own, 'key'), known: join(own, 'known_hosts') };
  const config = {
    HostName: address,
    HostKeyAlias: host,
    User: user,
    IdentityFile: quoted(files.key),
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    UserKnownHostsFile: quoted(files.known),
    GlobalKnownHostsFile: '/dev/null',
    StrictHostKeyChecking: hostKeys === undefined ? 'accept-new' : 'yes',
    HashKnownHosts: 'no',
    UpdateHostKeys: 'no',
    CheckHostIP: 'no',
    BatchMode: 'yes',
    PreferredAuthentications: 'publickey',
    ForwardAgent: 'no',
    PermitLocalCommand: 'no',
    ProxyCommand: 'none',
    ControlPath: 'none',
    CanonicalizeHostname: 'no',
    ConnectTimeout: '15',
    ServerAliveInterval: '15',
    ServerAliveCountMax: '3',
    LogLevel: 'ERROR',
  };
  const lines = Object.entries(config).map(([name, value]) => `${name} ${value}\n`);
  await Promise.all([
    writeFile(files.config, lines.join(''), { mode: 0o600 }),
    writeFile(files.key, key, { mode: 0o600 }),
    writeFile(files.known, hostKeys ?? '', { mode: 0o600 }),
  ]);
  return {
    // Git gives this to a shell; nothing in it but a path of our own.
    env: {
      GIT_SSH_COMMAND: `ssh -F '${files.config.replaceAll("'", `'\\''`)}'`,
      GIT_SSH_VARIANT: 'ssh',
    },
    hostKeys: async () => readFile(files.known, 'utf8'),
    [Symbol.asyncDispose]: async () => rm(own, { recursive: true, force: true }),
  };
}

/** By https: the token in a header that git takes from its environment, as its arguments are for all to see. */
export function tokenLogin({ user }: Pick<SourceAddress, 'user'>, { token }: LinkSecrets): Login {
  const env =
    token === undefined
      ? {}
      : {
          GIT_CONFIG_COUNT: '1',
          GIT_CONFIG_KEY_0: 'http.extraHeader',
          GIT_CONFIG_VALUE_0: `Authorization: Basic ${Buffer.from(`${user ?? 'x-access-token'}:${token}`).toString('base64')}`,
        };
  return { env, hostKeys: async () => '', [Symbol.asyncDispose]: async () => undefined };
}

/** In ssh_config, where % begins what is put in. */
function quoted(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`;
}
