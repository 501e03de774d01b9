import type { Trace, Vertex, VertexLog } from '../../build/log/trace.ts';

interface Heard {
  /** Bytes of its output that were handed on, and those that came this time. */
  handed: number;
  now: number;
  /** It ran, so that it did not come out of the cache, whatever is said of it later. */
  startedAt: string;
  completed: boolean;
  /** All of its output was heard: it had ended when an earlier time was over. */
  whole: boolean;
}

/** Makes one story of a solve that is asked about several times, each of which may tell it from its start. */
export class HeardOutput {
  readonly #steps = new Map<string, Heard>();
  /** How often a step ran anew that had run before. */
  reruns = 0;

  /** Called before each time but the first. */
  again(): void {
    for (const step of this.#steps.values()) {
      step.now = 0;
      step.whole = step.completed;
    }
  }

  /** @returns what is news of it */
  add(trace: Trace): Trace {
    return {
      vertices: trace.vertices.map((vertex) => this.#vertex(vertex)),
      logs: trace.logs.flatMap((log) => this.#log(log)),
    };
  }

  /** Steps of which some output was heard, and not all of it, now that the last time is over. */
  incomplete(): string[] {
    return [...this.#steps].flatMap(([digest, { whole, now, handed }]) =>
      !whole && now < handed ? [digest] : [],
    );
  }

  #vertex(vertex: Vertex): Vertex {
    const step = this.#step(vertex.digest);
    step.completed ||= vertex.completed;
    if (vertex.cached) return { ...vertex, cached: step.startedAt === '' };
    const anew = vertex.started && step.startedAt !== '' && vertex.startedAt !== step.startedAt;
    // BuildKit's own steps run anew for each question; they say nothing.
    if (anew && step.handed > 0) this.reruns += 1;
    if (vertex.started) step.startedAt = vertex.startedAt;
    return vertex;
  }

  #log({ vertex, bytes }: VertexLog): VertexLog[] {
    const step = this.#step(vertex);
    const known = Math.max(0, Math.min(bytes.length, step.handed - step.now));
    step.now += bytes.length;
    step.handed = Math.max(step.handed, step.now);
    return known === bytes.length ? [] : [{ vertex, bytes: bytes.subarray(known) }];
  }

  #step(digest: string): Heard {
    const known = this.#steps.get(digest);
    if (known !== undefined) return known;
    const step = { handed: 0, now: 0, startedAt: '', completed: false, whole: false };
    this.#steps.set(digest, step);
    return step;
  }
}
