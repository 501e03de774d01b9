import type { AppFacts, Facts } from '../facts.ts';

/** I3: what was acknowledged is on disk, whole. */
export function repositories(facts: Facts): string[] {
  return facts.apps.flatMap((app) => kept(app, facts.diskWasFull));
}

function kept(app: AppFacts, diskWasFull: boolean): string[] {
  const live = app.releases.find((release) => release.id === app.liveReleaseId);
  const refs = new Map(app.hiddenRefs.map(({ build, commit }) => [build, commit]));
  const known = new Set(app.builds.map((build) => build.id));
  return [
    ...[...refs.keys()]
      .filter((id) => !known.has(id))
      .map((id) => `I3: ${app.name} has a hidden ref of the unknown build ${id}`),
    ...app.builds.flatMap((build) => {
      const commit = refs.get(build.id);
      if (commit === undefined) {
        if (diskWasFull && build.id !== live?.buildId) return [];
        return [`I3: build ${build.number} of ${app.name} has lost its commit's ref`];
      }
      if (commit !== build.commit) {
        return [`I3: the ref of build ${build.number} of ${app.name} keeps ${commit}, not ${build.commit}`];
      }
      return [];
    }),
    ...app.damage.map((line) => `I3: git says of ${app.name}: ${line}`),
  ];
}
