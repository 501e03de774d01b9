import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createContext } from '../../../server/git/context.ts';
import { FakeApi } from './fake-api.ts';

const exec = promisify(execFile);

/** The real SSH front before a fake API, a person's key that it knows, and an ssh client set up for it. */
export interface SshPlatform {
  readonly api: FakeApi;
  readonly port: number;
  readonly personId: string;
  readonly publicKeyFile: string;
  /** What SLUICE_SSH is set to: the person's key, and one that nobody knows. */
  readonly ssh: string;
  readonly strangersSsh: string;
  stop(): Promise<void>;
}

export async function startSshPlatform(): Promise<SshPlatform> {
  const api = await FakeApi.start();
  const personId = 'person000001';
  const alice = await keyPair(api.dataDir, 'alice');
  const [, blob = ''] = (await readFile(`${alice}.pub`, 'utf8')).split(' ');
  api.admit(blob, { id: personId, name: 'alice' });
  const { front, close } = await createContext({
    dataDir: api.dataDir,
    bind: '127.0.0.1',
    port: 0,
    logLevel: 'silent',
    path: process.env['PATH'] ?? '',
  });
  const { port } = await front.listen();
  return {
    api,
    port,
    personId,
    publicKeyFile: `${alice}.pub`,
    ssh: await sshWith(api.dataDir, alice),
    strangersSsh: await sshWith(api.dataDir, await keyPair(api.dataDir, 'stranger')),
    stop: async () => {
      await front.close(0);
      close();
      await api.stop();
    },
  };
}

async function keyPair(folder: string, name: string): Promise<string> {
  const file = join(folder, name);
  await exec('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file]);
  return file;
}

async function sshWith(folder: string, key: string): Promise<string> {
  const file = `${key}.ssh-config`;
  await writeFile(
    file,
    [
      `IdentityFile ${key}`,
      'IdentitiesOnly yes',
      'IdentityAgent none',
      `UserKnownHostsFile ${join(folder, 'known_hosts')}`,
      'GlobalKnownHostsFile /dev/null',
      'StrictHostKeyChecking accept-new',
      '',
    ].join('\n'),
  );
  return `ssh -F ${file}`;
}
