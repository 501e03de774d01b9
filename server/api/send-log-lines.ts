import { once } from 'node:events';
import type { Response } from 'express';
import type { z } from 'zod';
import type { LogEntry } from '../../core/contracts/resources.ts';
import type { LogLine } from '../../engines/port.ts';
import { iso } from './present/time.ts';

/** Log lines as newline-delimited LogEntry. Takes the next line only when the client has room for it. */
export async function sendLogLines(
  lines: AsyncIterable<LogLine>,
  response: Response,
  gone: AbortSignal,
): Promise<void> {
  for await (const { at, release, source, text } of lines) {
    if (gone.aborted) return;
    const entry: z.infer<typeof LogEntry> = { at: iso(at), release, source, text };
    if (!response.write(`${JSON.stringify(entry)}\n`)) await once(response, 'drain', { signal: gone });
  }
  response.end();
}
