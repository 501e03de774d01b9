export interface Indexed {
  readonly uid: string;
  /** That it has, by its label. */
  readonly index?: number;
  /** Milliseconds since 1970, when it was made. */
  readonly createdAt: number;
  /** It is on its way out, so that its index is free for the one that takes its place. */
  readonly leaves: boolean;
}

/**
 * Gives each replica of one process its index: those that have one keep it, others get the lowest that is free. One that is
 * beyond the replicas wanted moves down when there is room. Pure; the same from any starting point.
 * @param wanted replicas that there should be
 */
export function assignIndices(replicas: readonly Indexed[], wanted: number): Map<string, number> {
  const assigned = new Map<string, number>();
  const taken = new Set<number>();
  const inOrder = replicas.toSorted(
    (a, b) =>
      (a.index ?? Infinity) - (b.index ?? Infinity) || a.createdAt - b.createdAt || (a.uid < b.uid ? -1 : 1),
  );
  const open: Indexed[] = [];
  for (const replica of inOrder) {
    if (replica.leaves) {
      assigned.set(replica.uid, replica.index ?? 1);
    } else if (replica.index !== undefined && replica.index <= wanted && !taken.has(replica.index)) {
      taken.add(replica.index);
      assigned.set(replica.uid, replica.index);
    } else {
      open.push(replica);
    }
  }
  for (const { uid } of open) {
    let index = 1;
    while (taken.has(index)) index += 1;
    taken.add(index);
    assigned.set(uid, index);
  }
  return assigned;
}
