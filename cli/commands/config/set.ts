import { configKeyFault } from '../../../core/config-key.ts';
import { define, flag, rest } from '../../command.ts';
import { misuse } from '../../failure.ts';
import { changeConfig } from './change.ts';

export const command = define({
  summary: 'Set config keys; makes a release when one is live',
  details: 'Waits until the release is live, as a push does. Ctrl-C stops the waiting, not the release.',
  examples: ['config:set DATABASE_URL=postgres://db/hello LOG_LEVEL=info'],
  json: '{version, release}: Release; absent when nothing is live yet',
  arguments: { pairs: rest('KEY=VALUE', 'all pairs become one release') },
  options: {
    now: flag('--now', 'live as soon as it is healthy, without a canary'),
    detach: flag('--detach', 'end once it is accepted'),
  },
  run: (context, { pairs, now, detach }) => changeConfig(context, parsePairs(pairs), 'Set', { now, detach }),
});

/** @throws Failure (misuse) for what is no pair, or a key given twice */
export function parsePairs(pairs: readonly string[]): Record<string, string> {
  const values = new Map<string, string>();
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) throw misuse(`"${pair}" is not KEY=VALUE`, 'To remove a key: sluice config:unset KEY');
    const key = pair.slice(0, at);
    const fault = configKeyFault(key);
    if (fault !== undefined) throw misuse(`${key}: ${fault}`);
    if (values.has(key)) throw misuse(`${key} is given twice`);
    values.set(key, pair.slice(at + 1));
  }
  return Object.fromEntries(values);
}
