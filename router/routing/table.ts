import type { Route, RouteRelease } from '../../engines/port.ts';

/** One app's route and the release slots (HAProxy backends made ahead) that hold its releases. */
export interface Entry {
  readonly route: Route;
  /** releaseId → slot. */
  readonly slots: Readonly<Record<string, string>>;
}

/** appId → its entry. Never changed in place. */
export type Table = ReadonlyMap<string, Entry>;

const SLOT = 'rel_';

/** Names count from 1 and sort as they count. */
export function slotName(index: number): string {
  return `${SLOT}${String(index).padStart(4, '0')}`;
}

/** HAProxy has other backends too: pages, counters, the way of probes. */
export function isSlot(backend: string): boolean {
  return backend.startsWith(SLOT);
}

/** A release keeps the slot that it has; a new one takes the next free slot. Undefined: too few are free. */
export function assignSlots(
  releases: readonly RouteRelease[],
  previous: Readonly<Record<string, string>>,
  free: Iterable<string>,
): Record<string, string> | undefined {
  const next = free[Symbol.iterator]();
  const slots: Record<string, string> = {};
  for (const { releaseId } of releases) {
    const slot = previous[releaseId] ?? next.next().value;
    if (slot === undefined) return undefined;
    slots[releaseId] = slot as string;
  }
  return slots;
}

/** slot → releaseId, of the whole table. */
export function slotOwners(table: Table): Map<string, string> {
  const owners = new Map<string, string>();
  for (const entry of table.values()) {
    for (const [releaseId, slot] of Object.entries(entry.slots)) owners.set(slot, releaseId);
  }
  return owners;
}
