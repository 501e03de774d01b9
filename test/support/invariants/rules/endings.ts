import type { AppFacts, Facts } from '../facts.ts';

const BUILD_ENDS = new Set(['succeeded', 'failed', 'cancelled', 'superseded']);
const ROLLOUT_ENDS = new Set(['live', 'rolled-back', 'failed', 'cancelled', 'superseded']);

/** I1: what was accepted is to be seen and comes to its end. I6: so does every rollout. */
export function endings(facts: Facts): string[] {
  return facts.apps.flatMap((app) => [...builds(app), ...rollouts(app)]);
}

function builds(app: AppFacts): string[] {
  return app.builds.flatMap((build) => [
    ...(BUILD_ENDS.has(build.state)
      ? []
      : [`I1: build ${build.number} of ${app.name} has not ended: ${build.state}`]),
    ...(build.state === 'succeeded' && !app.releases.some((release) => release.buildId === build.id)
      ? [`I1: build ${build.number} of ${app.name} succeeded and has no release`]
      : []),
    ...(build.log.startsWith(`-----> Build ${build.number} of ${app.name}`)
      ? []
      : [`I1: the log of build ${build.number} of ${app.name} lacks its beginning`]),
    ...(app.listed.includes(build.number)
      ? []
      : [`I1: build ${build.number} of ${app.name} is in the journal and the API does not list it`]),
  ]);
}

function rollouts(app: AppFacts): string[] {
  return app.releases
    .filter((release) => !ROLLOUT_ENDS.has(release.rollout))
    .map(
      (release) => `I6: the rollout of v${release.number} of ${app.name} has not ended: ${release.rollout}`,
    );
}
