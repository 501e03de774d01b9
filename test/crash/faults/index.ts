import { clockBack, clockForward } from './clock.ts';
import { containerKilled } from './container-killed.ts';
import { diskFull } from './disk-full.ts';
import { engineKilled, engineStopped } from './engine.ts';
import type { Fault } from './fault.ts';
import { haproxyFrozen, serverFrozen } from './frozen.ts';
import { everythingKilled, haproxyKilled, killedParts } from './killed-parts.ts';
import { lineCut, readerStalled } from './line.ts';
import { redisWiped } from './redis-wiped.ts';
import { secondServer } from './second-server.ts';

export const FAULTS: readonly Fault[] = [
  ...killedParts,
  haproxyKilled,
  containerKilled,
  serverFrozen,
  haproxyFrozen,
  lineCut,
  readerStalled,
  redisWiped,
  engineStopped,
  engineKilled,
  diskFull,
  clockForward,
  clockBack,
  secondServer,
  everythingKilled,
];
