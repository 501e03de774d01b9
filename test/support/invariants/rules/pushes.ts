import type { AppFacts, BuildFact, Facts, PushFact } from '../facts.ts';

/** I1 to I4: what each pusher saw agrees with what is there. */
export function pushes(facts: Facts): string[] {
  return facts.apps.flatMap((app) => {
    const mine = facts.pushes.filter((push) => push.appId === app.id);
    const commits = new Set(mine.map((push) => push.commit));
    return [
      ...mine.flatMap((push) => seen(app, push)),
      ...[...commits].flatMap((commit) => builtTwice(app, commit)),
    ];
  });
}

function seen(app: AppFacts, push: PushFact): string[] {
  const builds = app.builds.filter((build) => build.commit === push.commit);
  const found: string[] = [];
  if (push.build !== undefined && !builds.some((build) => build.number === push.build)) {
    found.push(`I1: ${app.name}: a pusher saw build ${push.build} of ${push.commit}, which is gone`);
  }
  if (push.code === 0 && !builds.some((build) => wentLive(app, build))) {
    found.push(
      `I3: ${app.name}: the push of ${push.commit} was told it is live, its build is ${builds.at(-1)?.state ?? 'gone'}`,
    );
  }
  if (push.code !== 0 && push.branchAfter !== push.branchBefore && push.branchAfter === push.commit) {
    if (builds.length === 0) {
      found.push(`I2: ${app.name}: the push of ${push.commit} failed, moved the branch and left no build`);
    }
  }
  return found;
}

/** A push that failed may be repeated, and is then built again; one that is under way or went live may not. */
function builtTwice(app: AppFacts, commit: string): string[] {
  const builds = app.builds
    .filter((build) => build.commit === commit)
    .toSorted((a, b) => a.number - b.number);
  const again = builds.findIndex((build) => wentLive(app, build)) + 1;
  if (again === 0 || again === builds.length) return [];
  return [
    `I4: ${app.name}: ${commit} went live by build ${builds[again - 1]?.number} and was built again: ${builds
      .slice(again)
      .map(({ number }) => number)
      .join(', ')}`,
  ];
}

function wentLive(app: AppFacts, build: BuildFact): boolean {
  return app.releases.some((release) => release.buildId === build.id && release.rollout === 'live');
}
