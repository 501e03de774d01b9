import type { Authorized, GitService } from '../../core/contracts/internal.ts';

/** Blobs above this are streamed by git, not held in memory. */
const BIG_FILE = '16m';

const BOTH = [
  // The repositories belong to the server's user, which is not always the one that the front runs as.
  'safe.directory=*',
  'gc.auto=0',
  'maintenance.auto=false',
  `core.bigFileThreshold=${BIG_FILE}`,
  'transfer.hideRefs=refs/sluice',
];

/** Settings are given by argv, so that no file on the machine and nobody who writes one changes them. */
const SETTINGS = {
  'git-upload-pack': ['uploadpack.allowFilter=true', 'uploadpack.allowAnySHA1InWant=false'],
  'git-receive-pack': [
    'transfer.fsckObjects=true',
    'receive.fsckObjects=true',
    'receive.procReceiveRefs=refs/heads',
    'receive.advertisePushOptions=true',
    'receive.autogc=false',
    // Above it the pack is kept as it came: unpacking compresses each object anew, a third of the time of 200 MB.
    'receive.unpackLimit=20',
    'receive.updateServerInfo=false',
    'core.fsync=committed,reference',
    'core.fsyncMethod=fsync',
    'core.logAllRefUpdates=false',
    // The quarantine's alternate is this repository itself, whose refs git looks at anyway: no second process for them.
    'core.alternateRefsCommand=true',
  ],
} as const satisfies Record<GitService, readonly string[]>;

/** argv of the stock git command that serves one client. */
export function gitArgv(service: GitService, app: Authorized, hooks: string): string[] {
  const settings: string[] = [...BOTH, ...SETTINGS[service], `core.hooksPath=${hooks}`];
  if (service === 'git-receive-pack') settings.push(`receive.maxInputSize=${app.limits.packBytes}`);
  const flags = settings.flatMap((setting) => ['-c', setting]);
  return service === 'git-receive-pack'
    ? ['git', ...flags, 'receive-pack', app.repository]
    : ['git', ...flags, 'upload-pack', '--strict', '--timeout=600', app.repository];
}

/** argv that reads objects of a repository; the quarantine comes by the environment. */
export function objectsArgv(repository: string): string[] {
  return [
    'git',
    '-c',
    'safe.directory=*',
    '--git-dir',
    repository,
    'cat-file',
    '--batch-command',
    '--buffer',
  ];
}

/**
 * The whole environment of a git process: nothing of the front's own, no configuration file of the machine.
 * @param protocol GIT_PROTOCOL as the client asked for it; anything but a plain version is dropped
 */
export function gitEnvironment(path: string, protocol?: string): Record<string, string> {
  return {
    PATH: path,
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    ...(protocol !== undefined && /^version=[0-2]$/.test(protocol) ? { GIT_PROTOCOL: protocol } : {}),
  };
}
