import type { AppFacts, Facts } from '../facts.ts';

/** I13: nothing is held by a process that is gone, and none goes on for nobody. */
export function locks(facts: Facts): string[] {
  return [
    ...facts.apps.flatMap(held),
    ...facts.abandoned.map((what) => `I13: left behind: ${what}`),
    ...facts.gitProcesses.map((command) => `I13: a git process still works on a repository: ${command}`),
  ];
}

function held(app: AppFacts): string[] {
  return [
    ...app.locks.map((lock) => `I13: ${app.name} has the lock file ${lock}`),
    ...(app.openAttempts > 0 ? [`I13: ${app.name} has ${app.openAttempts} attempts that nobody ended`] : []),
    ...(app.retiring > 0 ? [`I13: ${app.name} has ${app.retiring} releases that still retire`] : []),
  ];
}
