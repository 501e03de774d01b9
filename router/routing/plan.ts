import type { Actual, Desired } from './picture.ts';

/** One runtime command, as data. */
export type Change =
  | { readonly kind: 'add-server'; readonly slot: string; readonly server: string; readonly address: string }
  | {
      readonly kind: 'ready' | 'leave' | 'cut' | 'delete-server';
      readonly slot: string;
      readonly server: string;
    }
  | {
      readonly kind: 'map-add' | 'map-set';
      readonly map: MapName;
      readonly key: string;
      readonly value: string;
    }
  | { readonly kind: 'map-delete'; readonly map: MapName; readonly key: string };

export type MapName = 'hosts' | 'routes';

/**
 * The way from what HAProxy holds to what it should hold. The order is what keeps every request answered: all of
 * `open` (new servers take requests), then `turn` (the maps point at them), then `close` (old servers take no more).
 * `cut` ends what waits for an answer of servers that cannot give one.
 */
export interface Plan {
  readonly open: readonly Change[];
  readonly turn: readonly Change[];
  readonly close: readonly Change[];
  readonly cut: readonly Change[];
}

export function plan(actual: Actual, desired: Desired): Plan {
  return {
    open: openings(actual, desired),
    // A host must never point at an app that has no route: routes come first and go last.
    turn: [
      ...additions('routes', actual.routes, desired.routes),
      ...additions('hosts', actual.hosts, desired.hosts),
      ...removals('hosts', actual.hosts, desired.hosts),
      ...removals('routes', actual.routes, desired.routes),
    ],
    close: closings(actual, desired),
    cut: cuts(actual, desired),
  };
}

/** Servers that only wait for their open requests. */
export function leavers(actual: Actual): Change[] {
  return servers(actual)
    .filter(({ state }) => state === 'leaving')
    .map(({ slot, server }) => ({ kind: 'delete-server', slot, server }));
}

/** Notes in the picture that HAProxy has made a change. */
export function note(actual: Actual, change: Change): void {
  switch (change.kind) {
    case 'cut':
      break;
    case 'add-server':
    case 'leave':
      serversIn(actual, change.slot).set(change.server, 'leaving');
      break;
    case 'ready':
      serversIn(actual, change.slot).set(change.server, 'ready');
      break;
    case 'delete-server':
      serversIn(actual, change.slot).delete(change.server);
      break;
    case 'map-add':
    case 'map-set':
      actual[change.map].set(change.key, change.value);
      break;
    case 'map-delete':
      actual[change.map].delete(change.key);
      break;
  }
}

function openings(actual: Actual, desired: Desired): Change[] {
  const changes: Change[] = [];
  for (const [slot, wanted] of desired.slots) {
    for (const [server, address] of wanted) {
      const state = actual.slots.get(slot)?.get(server);
      if (state === undefined) changes.push({ kind: 'add-server', slot, server, address });
      if (state !== 'ready') changes.push({ kind: 'ready', slot, server });
    }
  }
  return changes;
}

function closings(actual: Actual, desired: Desired): Change[] {
  return servers(actual)
    .filter(({ slot, server, state }) => state === 'ready' && desired.slots.get(slot)?.has(server) !== true)
    .map(({ slot, server }) => ({ kind: 'leave', slot, server }));
}

/** One that is still to have requests, as there is no other, keeps those that it has. */
function cuts(actual: Actual, desired: Desired): Change[] {
  return servers(actual)
    .filter(
      ({ slot, server }) =>
        desired.lost.get(slot)?.has(server) === true && desired.slots.get(slot)?.has(server) !== true,
    )
    .map(({ slot, server }) => ({ kind: 'cut', slot, server }));
}

function additions(
  map: MapName,
  actual: ReadonlyMap<string, string>,
  desired: ReadonlyMap<string, string>,
): Change[] {
  const changes: Change[] = [];
  for (const [key, value] of desired) {
    const held = actual.get(key);
    // `add map` would add a second entry of the same key.
    if (held === undefined) changes.push({ kind: 'map-add', map, key, value });
    else if (held !== value) changes.push({ kind: 'map-set', map, key, value });
  }
  return changes;
}

function removals(
  map: MapName,
  actual: ReadonlyMap<string, string>,
  desired: ReadonlyMap<string, string>,
): Change[] {
  return [...actual.keys()]
    .filter((key) => !desired.has(key))
    .map((key) => ({ kind: 'map-delete', map, key }));
}

function servers(actual: Actual): { slot: string; server: string; state: 'ready' | 'leaving' }[] {
  return [...actual.slots].flatMap(([slot, held]) =>
    [...held].map(([server, state]) => ({ slot, server, state })),
  );
}

function serversIn(actual: Actual, slot: string): Map<string, 'ready' | 'leaving'> {
  const held = actual.slots.get(slot) ?? new Map<string, 'ready' | 'leaving'>();
  actual.slots.set(slot, held);
  return held;
}
