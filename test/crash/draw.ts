import { shuffled, seeded } from '../support/random.ts';
import type { Fault } from './faults/fault.ts';
import { FAULTS } from './faults/index.ts';
import { OPERATIONS } from './operations/index.ts';
import type { Operation } from './operations/operation.ts';
import { PLACE_NAMES, type PlaceName } from './places.ts';

/** What one run does. */
export interface Drawn {
  /** From 1. */
  readonly number: number;
  readonly operation: Operation;
  readonly fault: Fault;
  /**
   * Where the fault strikes; `at rest`: before the operation begins, which then finds it so. Undefined: at any moment,
   * `delayMs` after the operation began.
   */
  readonly place: PlaceName | undefined;
  /** After the place was reached, or after the beginning. */
  readonly delayMs: number;
  /** From strike to mend. */
  readonly lastsMs: number;
}

/** A moment at a place is short. */
const JITTER_MS = 150;
/** An operation takes about this long. */
const OPERATION_MS = 5_000;

const ANY_MOMENT = undefined;
/** Runs by the clock find what no place is named for. */
const PLACES = [...PLACE_NAMES, ANY_MOMENT, ANY_MOMENT];

/**
 * The runs of a seed. Run n is the same however many are drawn, so that it can be repeated alone. Faults, places and
 * operations are dealt like cards: none comes a second time before each has come once, as far as they suit each other.
 */
export function draw(seed: number, runs: number): Drawn[] {
  const random = seeded(seed);
  const faults = dealer(FAULTS, random);
  const places = dealer(PLACES, random);
  const operations = dealer(OPERATIONS, random);
  return Array.from({ length: runs }, (_, index) => {
    const fault = faults(() => true);
    const suit = (operation: Operation, place: PlaceName | undefined): boolean =>
      passesThrough(operation, place) && (fault.suits?.(operation, place) ?? true);
    const place = places((one) => OPERATIONS.some((operation) => suit(operation, one)));
    const operation = operations((one) => suit(one, place));
    const [least, most] = fault.lastsMs;
    return {
      number: index + 1,
      operation,
      fault,
      place,
      delayMs: Math.floor(random() * (place === undefined ? OPERATION_MS : JITTER_MS)),
      lastsMs: Math.floor(least + random() * (most - least)),
    };
  });
}

function passesThrough({ places }: Operation, place: PlaceName | undefined): boolean {
  return place === ANY_MOMENT || place === 'at rest' || places.includes(place);
}

/** Deals the first card of the deck that suits; where none is left that does, out of a new deck. */
function dealer<T>(cards: readonly T[], random: () => number): (suits: (card: T) => boolean) => T {
  const deck: T[] = [];
  return (suits) => {
    if (!deck.some(suits)) deck.push(...shuffled(cards, random));
    const at = deck.findIndex(suits);
    if (at === -1) throw new Error('no card suits, in any deck');
    return deck.splice(at, 1)[0] as T;
  };
}

export function titleOf({ number, operation, fault, place }: Drawn): string {
  return `run ${number}: ${operation.name}, ${fault.name} ${place === undefined ? 'at any moment' : `at "${place}"`}`;
}
