import { FAULTS } from './faults/index.ts';
import { PLACE_NAMES, type PlaceName } from './places.ts';

/** Where a fault struck: `undefined` is a moment by the clock alone. */
export interface Strike {
  readonly fault: string;
  readonly place: PlaceName | undefined;
}

const ANY = 'any moment';

/** How often each fault struck at each place. */
export function table(strikes: readonly Strike[]): string {
  const places = [...PLACE_NAMES, ANY];
  const count = (fault: string | undefined, place: string | undefined): number =>
    strikes.filter(
      (strike) =>
        (fault === undefined || strike.fault === fault) &&
        (place === undefined || (strike.place ?? ANY) === place),
    ).length;
  const widest = Math.max(...FAULTS.map(({ name }) => name.length));
  const row = (name: string, cells: readonly (string | number)[]): string =>
    `${name.padEnd(widest)} ${cells.map((cell) => String(cell === 0 ? '·' : cell).padStart(4)).join('')}`;
  const faults = FAULTS.map(({ name }) => name);
  return [
    ...places.map((place, index) => `${letter(index).padStart(4)} = ${place} (${count(undefined, place)})`),
    '',
    row('', [...places.map((_, index) => letter(index)), 'all']),
    ...faults.map((fault) =>
      row(fault, [...places.map((place) => count(fault, place)), count(fault, undefined)]),
    ),
    row('all', [...places.map((place) => count(undefined, place)), strikes.length]),
  ].join('\n');
}

/** Kinds of faults and places that were never reached. */
export function missing(strikes: readonly Strike[]): { faults: string[]; places: PlaceName[] } {
  return {
    faults: FAULTS.map(({ name }) => name).filter((name) => !strikes.some(({ fault }) => fault === name)),
    places: PLACE_NAMES.filter((name) => !strikes.some(({ place }) => place === name)),
  };
}

function letter(index: number): string {
  return String.fromCodePoint('A'.codePointAt(0)! + index);
}
