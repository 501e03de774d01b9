import type { AppFacts, CanarySeen, Facts, ReleaseFact, StoryLine } from '../facts.ts';

/** For the time between two looks from outside, in seconds. */
const TOLERANCE = 0.5;

/**
 * I6, I14: a canary's share is one of its steps, and none of them is passed without its time and its requests, whatever
 * the clock says and however silent the router was.
 */
export function canaries(facts: Facts): string[] {
  return [
    ...facts.canaries.flatMap((seen) => {
      const app = facts.apps.find(({ id }) => id === seen.appId);
      const release = app?.releases.find(({ number }) => number === seen.release);
      return app && release ? fromOutside(app, release, seen) : [];
    }),
    ...facts.apps.flatMap((app) => app.releases.flatMap((release) => byItsStory(app, release))),
    ...facts.wishes.flatMap((wish) => {
      const app = facts.apps.find(({ id }) => id === wish.appId);
      const live = app?.releases.find(({ id }) => id === app.liveReleaseId);
      return wish.byCanary && live && !live.story.some(({ kind }) => kind === 'step')
        ? [`I14: v${live.number} of ${app?.name} was to be a canary and went live without one`]
        : [];
    }),
  ];
}

function fromOutside(app: AppFacts, release: ReleaseFact, seen: CanarySeen): string[] {
  const name = `v${release.number} of ${app.name}`;
  const { canary } = release;
  if (!canary) return [`I6: ${name} has no canary, and was seen in one`];
  const found: string[] = [];
  const share = canary.steps[seen.step];
  if (share === undefined || seen.weight !== share * 100) {
    found.push(
      `I6: ${name} had the weight ${seen.weight} in step ${seen.step + 1} of ${canary.steps.join(', ')}`,
    );
  }
  if (seen.whole && release.rollout === 'live' && seen.seconds < canary.bakeSeconds - TOLERANCE) {
    found.push(
      `I14: step ${seen.step + 1} of ${name} was passed after ${seen.seconds.toFixed(1)} s, its bake is ${canary.bakeSeconds} s`,
    );
  }
  return found;
}

/** The journal says why each step was passed. */
function byItsStory(app: AppFacts, { number, rollout, canary, story }: ReleaseFact): string[] {
  const steps = story.filter(({ kind }) => kind === 'step').length;
  if (!canary || rollout !== 'live' || steps === 0) return [];
  const name = `v${number} of ${app.name}`;
  const passed = story.filter(({ kind }) => kind === 'passed');
  if (passed.length !== canary.steps.length || steps !== canary.steps.length) {
    return [
      `I14: ${name} went live after ${steps} steps, of which ${passed.length} were passed, of ${canary.steps.length}`,
    ];
  }
  return passed.flatMap((line, index) => evidenceOf(`step ${index + 1} of ${name}`, line, canary));
}

function evidenceOf(
  step: string,
  { evidence }: StoryLine,
  canary: NonNullable<ReleaseFact['canary']>,
): string[] {
  if (!evidence) return [`I14: ${step} was passed without evidence`];
  const found: string[] = [];
  if (evidence.seconds < canary.bakeSeconds) {
    found.push(
      `I14: ${step} was passed on ${evidence.seconds} s of numbers, its bake is ${canary.bakeSeconds} s`,
    );
  }
  if (evidence.canary.requests < canary.minRequests) {
    found.push(`I14: ${step} was passed on ${evidence.canary.requests} requests of ${canary.minRequests}`);
  }
  return found;
}
