import { bytesShown } from '../../core/bytes.ts';

/** What Sluice takes, in the order in which people should read it. */
const KINDS = ['images', 'build cache', 'git repositories', 'build logs', 'app logs', 'journal'] as const;
export type Kind = (typeof KINDS)[number];

/** Sizes in bytes. */
export interface Usage {
  /** Milliseconds since 1970. */
  readonly measuredAt: number;
  readonly budget: number;
  readonly kinds: Readonly<Record<Kind, number>>;
  /** Cache in the engine that cannot be told to be Sluice's; counts for nothing here. */
  readonly otherCache: number;
  /** Left on the fullest of the disks that Sluice writes to. */
  readonly free: number;
}

/** Parts of the budget: above the first, things are let go and then builds refused; so far down what can be made again goes. */
const LIMIT = 0.9;
const RELIEF = 0.8;
/** Below this part what comes between two measurements will hardly fill the rest. */
const AMPLE = 0.5;
/** Free space below which a build would only make things worse; near it, things are let go as above the budget. */
export const FLOOR_BYTES = 512 * 1024 ** 2;
const NEAR_FLOOR = 2 * FLOOR_BYTES;
const OFF_FLOOR = 3 * FLOOR_BYTES;

export function usedBytes({ kinds }: Pick<Usage, 'kinds'>): number {
  return KINDS.reduce((sum, kind) => sum + kinds[kind], 0);
}

export function limitBytes({ budget }: Pick<Usage, 'budget'>): number {
  return budget * LIMIT;
}

/** Whether new builds are refused, once nothing more can be let go. */
export function isFull(usage: Usage): boolean {
  return usedBytes(usage) > limitBytes(usage);
}

/** Whether what has come since this was measured matters little. */
export function isAmple(usage: Usage): boolean {
  return usedBytes(usage) < usage.budget * AMPLE;
}

/** Bytes that should get free. */
export interface Pressure {
  /** Out of what is only made again: more than needed, so that not every build has to do it. */
  readonly cache: number;
  /** Out of what somebody may want to read again: as little as will do. */
  readonly kept: number;
}

export function pressure(usage: Usage): Pressure {
  const used = usedBytes(usage);
  const full = isFull(usage);
  const low = usage.free < NEAR_FLOOR;
  return {
    cache: Math.max(full ? used - usage.budget * RELIEF : 0, low ? OFF_FLOOR - usage.free : 0),
    kept: Math.max(full ? used - limitBytes(usage) : 0, low ? NEAR_FLOOR - usage.free : 0),
  };
}

/** `images 1.2 GB`, the kinds that take something, one a line. */
export function kindsShown({ kinds }: Pick<Usage, 'kinds'>): string[] {
  return KINDS.filter((kind) => kinds[kind] > 0).map((kind) => `${kind} ${bytesShown(kinds[kind])}`);
}

/** All of it on one line. */
export function usageShown(usage: Usage): string {
  const others =
    usage.otherCache > 0 ? `; build cache of others, left alone: ${bytesShown(usage.otherCache)}` : '';
  return `${bytesShown(usedBytes(usage))} of ${bytesShown(usage.budget)} used: ${kindsShown(usage).join(', ')}${others}`;
}
