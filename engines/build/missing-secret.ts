import { posix } from 'node:path';
import { ConfigKey } from '../../core/names.ts';
import { oneLine } from '../../core/printable.ts';
import { reason } from '../../core/reason.ts';
import type { Reason } from '../../core/reason.ts';
import type { FailedStep } from './log/build-log.ts';

export interface MissingSecrets {
  readonly appName: string;
  /** Names that commands have asked for in vain. */
  readonly missingSecrets: ReadonlySet<string>;
}

/** Why a step failed that mounts a secret which is not there: BuildKit stops one that requires it, others run without. */
export function missingSecret(
  { appName, missingSecrets }: MissingSecrets,
  { instruction, error }: FailedStep,
): Reason | undefined {
  const mounted = mountedSecrets(instruction);
  const name = [...missingSecrets].find((one) => mounted.includes(one) || error.includes(`secret ${one}`));
  if (name === undefined) return undefined;
  return reason(
    'build_secret_missing',
    `${oneLine(instruction)} failed: it mounts the secret ${oneLine(name)}, which ${appName} does not give to builds`,
    ConfigKey.safeParse(name).success
      ? `sluice secrets:set ${name} --build -a ${appName}`
      : 'secrets are named as config is: write an id of letters, digits and "_" in the Dockerfile',
  );
}

/** By `id`, else by the last part of the path where it is to be. */
function mountedSecrets(instruction: string): string[] {
  return [...instruction.matchAll(/--mount=(\S+)/g)].flatMap(([, written = '']) => {
    const words = written.replaceAll(/["']/g, '').split(',');
    const option = (...names: string[]): string | undefined =>
      words.find((word) => names.some((name) => word.startsWith(`${name}=`)))?.replace(/^\w+=/, '');
    if (option('type') !== 'secret') return [];
    return [option('id') ?? posix.basename(option('target', 'dst', 'destination') ?? '')];
  });
}
