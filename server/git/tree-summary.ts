import type { Fault } from './checks/entries.ts';

/** A link that leaves the folder it is in, by `levels` folders (Infinity: it is absolute). */
export interface Climb {
  readonly levels: number;
  readonly path: string;
  readonly target: string;
}

/** What is known of one tree and all below it. Depends on the tree's id alone. */
export interface TreeSummary {
  /** Files, links and submodules. Counted as often as they would be checked out. */
  readonly files: number;
  readonly bytes: number;
  /** 1 for a tree without folders. */
  readonly height: number;
  readonly climb: Climb | undefined;
  readonly fault: Fault | undefined;
}

/** Summaries of faultless trees by id, so that a push reads only the folders that it changed. */
export class SummaryCache {
  readonly #summaries = new Map<string, TreeSummary>();
  readonly #most: number;

  constructor(most = 20_000) {
    this.#most = most;
  }

  get(oid: string): TreeSummary | undefined {
    return this.#summaries.get(oid);
  }

  add(oid: string, summary: TreeSummary): void {
    if (summary.fault !== undefined) return;
    if (this.#summaries.size >= this.#most) {
      const oldest = this.#summaries.keys().next().value;
      if (oldest !== undefined) this.#summaries.delete(oldest);
    }
    this.#summaries.set(oid, summary);
  }
}
