import type { Facts } from '../facts.ts';

/** What a part may grow by while its reader stands still, in MB: what fits its own buffers, and V8's slack. */
const MOST_MB = 100;

/** I11: who does not read slows nobody but himself. */
export function readers(facts: Facts): string[] {
  return facts.readers.flatMap((reader) => [
    ...(reader.buildEnded
      ? []
      : [`I11: a build of ${reader.app} waited for a pusher who had stopped reading`]),
    ...Object.entries(reader.grownMb)
      .filter(([, grown]) => grown > MOST_MB)
      .map(
        ([part, grown]) => `I11: the ${part} grew by ${grown} MB while a pusher of ${reader.app} stood still`,
      ),
  ]);
}
