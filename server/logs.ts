import type { Readable } from 'node:stream';

/** The logs of builds: one file each, appended to by the server alone, read by many from any offset. */
export interface BuildLogs {
  /** Bytes that the log has now; 0 when there is none. */
  size(buildId: string): Promise<number>;
  append(buildId: string, text: string): Promise<void>;
  /**
   * The log from a byte offset. With `until`, goes on until that promise has settled and all bytes written before
   * are out. Reads only as fast as the reader, so a slow one costs no memory.
   */
  read(buildId: string, offset: number, until?: Promise<unknown>): Readable;
  remove(buildId: string): Promise<void>;
}
