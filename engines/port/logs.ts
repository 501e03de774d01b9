import type { LogLevel } from '../../core/logs/level.ts';

export interface LogLine {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly release: number;
  /** `web.1` */
  readonly source: string;
  readonly text: string;
}

export interface LogOptions {
  /** Lines from the end of the ring, 0 to 10,000. */
  readonly tail: number;
  readonly follow: boolean;
  readonly process?: string;
  /** Number of the only release whose lines are wanted. */
  readonly release?: number;
  /** Only lines from this moment on, in milliseconds since 1970. */
  readonly since?: number;
  /** Only lines of this level, or a worse one. */
  readonly level?: LogLevel;
  readonly signal?: AbortSignal;
}
