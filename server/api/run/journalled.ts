import type { AppRow } from '../../store/apps.ts';
import { actorId, askedFromOf, type Principal } from '../../access/principal.ts';
import { askedBy } from '../../asked-from.ts';
import type { Store } from '../../store/store.ts';
import type { RunEnd } from './session.ts';

/** Characters of a command line at which somebody may still want to read it. */
const COMMAND_LENGTH = 500;

/** A run in the audit log: a row when it is asked for, and one when it is over, of the same id. */
export interface JournalledRun {
  /** Only the first counts. */
  ended(how: RunEnd): void;
}

/** What was run and how it ended, and nothing of what it said. */
export function journalRun(
  store: Store,
  principal: Principal,
  app: AppRow,
  what: { readonly id: string; readonly command: readonly string[]; readonly release: number },
): JournalledRun {
  const { id, command, release } = what;
  const began = performance.now();
  let over = false;
  const record = (action: string, detail: Record<string, unknown>): void =>
    askedBy(askedFromOf(principal), () =>
      store.events.record(action, actorId(principal), app.id, { run: id, ...detail }),
    );
  // Cut only when it is without secrets, as of half a secret nobody can tell that it is one.
  const line = store.redactors.of(app.id).text(lineOf(command));
  record('run.start', {
    command: line.length > COMMAND_LENGTH ? `${line.slice(0, COMMAND_LENGTH)}…` : line,
    release,
  });
  return {
    ended: (how) => {
      if (over) return;
      over = true;
      record('run.end', { ...how, seconds: Math.round((performance.now() - began) / 100) / 10 });
    },
  };
}

function lineOf(command: readonly string[]): string {
  return command.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
}
