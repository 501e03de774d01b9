import type { PushLimits } from '../../core/contracts/internal.ts';
import type { z } from 'zod';
import { refuse } from './refusals.ts';
import type { Reason } from '../../core/reason.ts';
import type { GitObjects } from './git-objects.ts';
import { isFolder, isLink, isSubmodule, parseTree, type TreeEntry } from './git-tree.ts';
import { climbOf } from './checks/links.ts';
import { MAX_POINTER_BYTES, MIN_POINTER_BYTES, isLfsPointer } from './checks/lfs-pointers.ts';
import { entryFault, treeFault, type Fault } from './checks/entries.ts';
import type { Climb, SummaryCache, TreeSummary } from './tree-summary.ts';

/** Folders within folders; git itself gets slow and unsafe far beyond. */
const MAX_DEPTH = 200;
/** PATH_MAX: no system follows a longer link. */
const MAX_LINK_BYTES = 4_096;

/**
 * Sums up a tree by reading each different tree and blob below it once, so that a tree which names itself a
 * billion times over costs no more than what was sent.
 * @returns the summary, or the refusal when a limit is passed on the way
 */
export async function surveyTree(
  root: string,
  objects: GitObjects,
  limits: z.infer<typeof PushLimits>,
  cache: SummaryCache,
): Promise<{ summary: TreeSummary } | { refusal: Reason }> {
  const survey = new Survey(objects, cache, limits.entries);
  const passed = await survey.readBelow(root);
  if (passed !== undefined) return { refusal: passed };
  try {
    return { summary: survey.summarize(root, 1) };
  } catch (error) {
    if (error instanceof TooDeep) return { refusal: tooDeep() };
    throw error;
  }
}

function tooDeep(): Reason {
  return refuse('tree_too_deep', { depth: `more than ${MAX_DEPTH} folders`, limit: MAX_DEPTH });
}

class TooDeep extends Error {}

class Survey {
  readonly #objects: GitObjects;
  readonly #cache: SummaryCache;
  readonly #mostFiles: number;
  readonly #trees = new Map<string, readonly TreeEntry[]>();
  readonly #sizes = new Map<string, number>();
  readonly #links = new Map<string, string>();
  readonly #pointers = new Set<string>();
  readonly #summaries = new Map<string, TreeSummary>();
  #files = 0;
  #folders = 0;

  constructor(objects: GitObjects, cache: SummaryCache, mostFiles: number) {
    this.#objects = objects;
    this.#cache = cache;
    this.#mostFiles = mostFiles;
  }

  /** Reads level by level: one batch of requests a level. */
  async readBelow(root: string): Promise<Reason | undefined> {
    let level = [root];
    for (let depth = 1; level.length > 0; depth += 1) {
      if (depth > MAX_DEPTH) return tooDeep();
      const asked = level.map(async (oid) => {
        const tree = await this.#objects.contents(oid);
        if (tree?.type !== 'tree') throw new RangeError(`${oid} is not a tree`);
        this.#trees.set(oid, parseTree(tree.content, oid.length / 2));
      });
      this.#objects.flush();
      await Promise.all(asked);
      const next = new Set<string>();
      const links = new Set<string>();
      const blobs = new Set<string>();
      for (const oid of level) this.#sort(this.#trees.get(oid) ?? [], next, links, blobs);
      if (this.#files > this.#mostFiles || this.#folders > this.#mostFiles) {
        return refuse('too_many_files', { count: `more than ${this.#mostFiles}`, limit: this.#mostFiles });
      }
      await this.#readBlobs(blobs, links);
      level = [...next];
    }
    return undefined;
  }

  #sort(entries: readonly TreeEntry[], next: Set<string>, links: Set<string>, blobs: Set<string>): void {
    for (const entry of entries) {
      if (isFolder(entry)) {
        this.#folders += 1;
        if (!this.#trees.has(entry.oid) && this.#cache.get(entry.oid) === undefined) next.add(entry.oid);
        continue;
      }
      this.#files += 1;
      if (isSubmodule(entry)) continue;
      if (isLink(entry)) links.add(entry.oid);
      if (!this.#sizes.has(entry.oid)) blobs.add(entry.oid);
    }
  }

  async #readBlobs(blobs: ReadonlySet<string>, links: ReadonlySet<string>): Promise<void> {
    const sized = [...blobs].map(async (oid) => {
      const info = await this.#objects.info(oid);
      if (info?.type !== 'blob') throw new RangeError(`${oid} is not a blob`);
      this.#sizes.set(oid, info.size);
    });
    this.#objects.flush();
    await Promise.all(sized);
    const read: Promise<void>[] = [];
    for (const oid of blobs) {
      const size = this.#sizes.get(oid) ?? 0;
      if (size >= MIN_POINTER_BYTES && size <= MAX_POINTER_BYTES) read.push(this.#readPointer(oid));
    }
    for (const oid of links) {
      if (!this.#links.has(oid) && (this.#sizes.get(oid) ?? 0) <= MAX_LINK_BYTES)
        read.push(this.#readLink(oid));
    }
    this.#objects.flush();
    await Promise.all(read);
  }

  async #readPointer(oid: string): Promise<void> {
    const blob = await this.#objects.contents(oid);
    if (blob !== undefined && isLfsPointer(blob.content)) this.#pointers.add(oid);
  }

  async #readLink(oid: string): Promise<void> {
    const blob = await this.#objects.contents(oid);
    if (blob !== undefined) this.#links.set(oid, blob.content.toString('utf8'));
  }

  /** @throws TooDeep */
  summarize(oid: string, depth: number): TreeSummary {
    const known = this.#summaries.get(oid) ?? this.#cache.get(oid);
    if (known !== undefined) {
      if (depth + known.height - 1 > MAX_DEPTH) throw new TooDeep();
      return known;
    }
    if (depth > MAX_DEPTH) throw new TooDeep();
    const entries = this.#trees.get(oid) ?? [];
    let files = 0;
    let bytes = 0;
    let height = 1;
    let climb: Climb | undefined;
    let fault: Fault | undefined = treeFault(entries);
    for (const entry of entries) {
      if (isFolder(entry)) {
        const below = this.summarize(entry.oid, depth + 1);
        files += below.files;
        bytes += below.bytes;
        height = Math.max(height, below.height + 1);
        climb = higher(climb, rise(entry.name, below.climb));
        fault ??= below.fault && { ...below.fault, path: joined(entry.name, below.fault.path) };
        continue;
      }
      files += 1;
      if (!isSubmodule(entry)) bytes += this.#sizes.get(entry.oid) ?? 0;
      fault ??= entryFault(entry, this.#pointers.has(entry.oid));
      if (isLink(entry)) climb = higher(climb, climbOf(entry.name, this.#links.get(entry.oid)));
    }
    const summary = { files, bytes, height, climb, fault };
    this.#summaries.set(oid, summary);
    this.#cache.add(oid, summary);
    return summary;
  }
}

function rise(folder: string, climb: Climb | undefined): Climb | undefined {
  if (climb === undefined || climb.levels <= 1) return undefined;
  return { ...climb, levels: climb.levels - 1, path: joined(folder, climb.path) };
}

function higher(a: Climb | undefined, b: Climb | undefined): Climb | undefined {
  if (a === undefined) return b;
  return b !== undefined && b.levels > a.levels ? b : a;
}

function joined(folder: string, path: string): string {
  return path === '' ? folder : `${folder}/${path}`;
}
