import type { ClientRequest } from 'node:http';
import type { Failure } from '../failure.ts';

export interface RequestHead {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | number>>;
}

/** A way to the platform's HTTP API. One for each run of the command. */
export interface Transport {
  /** Starts a request; the caller writes its body and ends it. */
  request(head: RequestHead): ClientRequest;
  /** Why a request failed before its answer came, in words for a person. */
  explain(error: Error): Promise<Failure>;
  close(): void;
}
