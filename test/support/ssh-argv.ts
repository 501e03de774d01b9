/** An ssh that knows nothing of whose machine this is: one key, and hosts as they are first met. */
export function sshArgv(key: string, knownHosts: string): string[] {
  const options = [
    'IdentitiesOnly=yes',
    `UserKnownHostsFile=${knownHosts}`,
    'StrictHostKeyChecking=accept-new',
    'BatchMode=yes',
    'LogLevel=ERROR',
  ];
  return ['ssh', '-F', 'none', '-i', key, ...options.flatMap((option) => ['-o', option])];
}
