import { unreached, type Failure } from '../failure.ts';

const CAUSES: readonly [pattern: RegExp, message: string, hint: string][] = [
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    'shows another host key than before',
    'Compare it with the one that `sluice setup` or `sluice status` shows on the platform; if it is right: ssh-keygen -R HOST',
  ],
  [
    /Host key verification failed/,
    'has a host key that is not known here',
    'Connect once by hand and compare the fingerprint: ssh -T HOST',
  ],
  [
    /Permission denied/,
    'knows none of the keys that ssh offered',
    'Ask an admin to type: sluice keys:add FILE --person NAME',
  ],
  [/Could not resolve hostname/, 'has a name that does not resolve', 'Check the address: sluice doctor'],
  [
    /Connection refused/,
    'refuses connections on that port',
    'Is the platform running? Check the port of the address',
  ],
  [
    /timed out|No route to host|Network is unreachable/,
    'does not answer',
    'Check the network, then: sluice doctor',
  ],
];

/** Turns what ssh said into what happened and what to do. ssh's own words stay below it. */
export function explainSsh(address: string, said: string): Failure {
  const lines = said
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const found = CAUSES.find(([pattern]) => pattern.test(said));
  const [, message, hint] = found ?? [
    undefined,
    'ended the connection before it answered',
    'Look closer: sluice doctor',
  ];
  return unreached(`${address} ${message}`, hint.replace('HOST', address), lines.slice(-5));
}
