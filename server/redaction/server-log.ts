import { pino, type DestinationStream, type Logger } from 'pino';
import { type Redacts, redactAll } from '../../core/redaction/redact-all.ts';

export interface ServerLog {
  readonly log: Logger;
  /** From now on lines are written without secrets. @param redactors asked for each line */
  redactWith(redactors: { readonly all: Redacts }): void;
}

/** The server's own log: of no app, so that the secrets of all are cut out. */
export function serverLog(level: string, destination?: DestinationStream): ServerLog {
  let redactors: { readonly all: Redacts } | undefined;
  let known: Redacts | undefined;
  const options = {
    level,
    base: { part: 'server' },
    hooks: {
      streamWrite: (line: string): string => {
        if (redactors === undefined) return line;
        try {
          known = redactors.all;
        } catch {
          // The journal is closed or in trouble, which is what the line may be about.
        }
        return known === undefined ? line : clean(known, line);
      },
    },
  };
  return {
    log: destination ? pino(options, destination) : pino(options),
    redactWith: (by) => {
      redactors = by;
    },
  };
}

function clean(redacts: Redacts, line: string): string {
  try {
    // As a whole it is quickly seen to have none; within its texts they are cut out without harm to the JSON.
    if (redacts.text(line) === line) return line;
    return `${JSON.stringify(redactAll(redacts, JSON.parse(line) as unknown))}\n`;
  } catch {
    const { level, time } = JSON.parse(line) as { level?: number; time?: number };
    const msg = 'a line was left out: the journal, which knows what is secret, cannot be read';
    return `${JSON.stringify({ level, time, part: 'server', msg })}\n`;
  }
}
