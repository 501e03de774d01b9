/** One entry of a tree object. */
export interface TreeEntry {
  /** As it stands in the tree: `100644`, `100755`, `120000`, `40000`, `160000`, or something odd. */
  readonly mode: string;
  readonly name: string;
  readonly oid: string;
}

export function isFolder(entry: TreeEntry): boolean {
  return entry.mode === '40000';
}
export function isLink(entry: TreeEntry): boolean {
  return entry.mode === '120000';
}
export function isSubmodule(entry: TreeEntry): boolean {
  return entry.mode === '160000';
}

/**
 * Reads a tree object: `<mode> <name>\0<20 or 32 bytes of id>` again and again.
 * @param idBytes 20 for SHA-1, 32 for SHA-256
 * @throws RangeError when it is cut short
 */
export function parseTree(content: Buffer, idBytes: number): TreeEntry[] {
  const entries: TreeEntry[] = [];
  let at = 0;
  while (at < content.length) {
    const space = content.indexOf(0x20, at);
    const nul = content.indexOf(0, space);
    const end = nul + 1 + idBytes;
    if (space < 0 || nul < 0 || end > content.length) throw new RangeError('a tree that is cut short');
    entries.push({
      mode: content.toString('latin1', at, space),
      name: content.toString('utf8', space + 1, nul),
      oid: content.toString('hex', nul + 1, end),
    });
    at = end;
  }
  return entries;
}
