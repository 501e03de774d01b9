import { Refusal } from '../core/reason.ts';
import type { ReleaseSpec } from './port.ts';

/** What every engine says to a second command of one key. */
export function oneOffExists({ app }: ReleaseSpec, key: string): Refusal {
  return new Refusal(
    409,
    'one_off_exists',
    `a command of the key ${key} was started before`,
    `see what runs: sluice ps -a ${app.name}`,
  );
}
