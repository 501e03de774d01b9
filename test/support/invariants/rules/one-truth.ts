import type { AppFacts, Facts, ReleaseFact } from '../facts.ts';

const FULL_WEIGHT = 10_000;

/** I2, I5, I6, I8: journal, refs, router and HAProxy tell the same about what is live. */
export function oneTruth(facts: Facts): string[] {
  return facts.apps.flatMap((app) => {
    const live = app.releases.find((release) => release.id === app.liveReleaseId);
    return [...newest(app, live), ...(live ? [...behind(app, live), ...traffic(app, live)] : noTraffic(app))];
  });
}

/** Releases are numbered in the order in which they were asked for, and clocks can jump. */
function newest(app: AppFacts, live: ReleaseFact | undefined): string[] {
  const last = app.releases
    .filter((release) => release.rollout === 'live')
    .toSorted((a, b) => a.number - b.number)
    .at(-1);
  return last && last.id !== app.liveReleaseId
    ? [
        `I8: v${last.number} of ${app.name} is the newest that went live, the journal says v${live?.number ?? 'none'} is live`,
      ]
    : [];
}

function behind(app: AppFacts, live: ReleaseFact): string[] {
  const found: string[] = [];
  const build = app.builds.find(({ id }) => id === live.buildId);
  if (live.buildId !== null && build?.state !== 'succeeded') {
    found.push(`I5: v${live.number} of ${app.name} is live and its build is ${build?.state ?? 'gone'}`);
  }
  if (live.commit !== null && app.branch !== live.commit) {
    found.push(`I2: the branch of ${app.name} is ${app.branch ?? 'absent'}, live is ${live.commit}`);
  }
  if (live.weight !== FULL_WEIGHT) {
    found.push(`I6: the live release of ${app.name} has weight ${live.weight}`);
  }
  return found;
}

function traffic(app: AppFacts, live: ReleaseFact): string[] {
  const found: string[] = [];
  const { kept, held } = app.route;
  const total = Object.values(kept).reduce((sum, weight) => sum + weight, 0);
  if (total !== FULL_WEIGHT) found.push(`I6: the weights of ${app.name} add up to ${total}`);
  if (kept[live.id] !== FULL_WEIGHT) {
    found.push(`I6: the router's file gives v${live.number} of ${app.name} the weight ${kept[live.id] ?? 0}`);
  }
  if (held?.[live.id] !== FULL_WEIGHT) {
    found.push(`I6: HAProxy gives v${live.number} of ${app.name} the weight ${held?.[live.id] ?? 'none'}`);
  }
  if (app.answer.release !== live.number) {
    const answered =
      app.answer.release === undefined ? `status ${app.answer.status}` : `v${app.answer.release}`;
    found.push(`I6: the router answers for ${app.name} with ${answered}, live is v${live.number}`);
  }
  return found;
}

function noTraffic(app: AppFacts): string[] {
  return Object.keys(app.route.kept).length === 0
    ? []
    : [`I6: nothing of ${app.name} is live, and the router has a route for it`];
}
