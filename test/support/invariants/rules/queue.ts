import type { AppFacts, Facts } from '../facts.ts';

/**
 * How long a message may outlive its build, in seconds: when a builder dies, BullMQ gives what it held to another after
 * two of its looks, 30 s apart, and a lock of 30 s; that one is then told that the build is over.
 */
const MOST_S = 110;

/** I13: no message is held by nobody, and none that is needed is missing. */
export function queue(facts: Facts): string[] {
  const builds = facts.apps.flatMap((app) => app.builds.map((build) => ({ app, build })));
  return [
    ...facts.jobs.flatMap((job) => {
      const of = builds.find(({ build }) => build.id === job.build);
      if (job.seconds < MOST_S) return [];
      const which = of ? `build ${of.build.number} of ${of.app.name}` : `the unknown build ${job.build}`;
      return [
        `I13: a message of ${which}, attempt ${job.attempt}, is ${job.state} in the queue for ${Math.round(job.seconds)} s`,
      ];
    }),
    ...facts.apps.flatMap((app) => uncarried(app, facts)),
  ];
}

/** Of an app's open builds only the newest may run. */
function uncarried(app: AppFacts, { jobs }: Facts): string[] {
  const open = app.builds.findLast(({ state }) => state === 'queued');
  if (!open || app.openAttempts > 0) return [];
  return jobs.some(({ build, attempt }) => build === open.id && attempt === open.attempt)
    ? []
    : [
        `I13: build ${open.number} of ${app.name} waits for its attempt ${open.attempt}, and the queue does not carry it`,
      ];
}
