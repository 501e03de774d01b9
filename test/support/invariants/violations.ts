import type { AppFacts, Facts } from './facts.ts';

const BUILD_ENDS = new Set(['succeeded', 'failed', 'cancelled', 'superseded']);
const ROLLOUT_ENDS = new Set(['live', 'rolled-back', 'failed', 'cancelled', 'superseded']);

/** Every invariant of the design that the facts break, one sentence each with its number; empty when all is well. */
export function violations(facts: Facts): string[] {
  return [
    ...facts.apps.flatMap((app) => [
      ...endings(app),
      ...oneTruth(app),
      ...nothingLeft(app),
      ...containersOf(app, facts),
      ...pushesOf(app, facts),
    ]),
    ...facts.containers
      .filter((container) => !facts.apps.some((app) => app.id === container.app))
      .map((container) => `I9: a container of the unknown app ${container.app} is left`),
  ];
}

function endings(app: AppFacts): string[] {
  return [
    ...app.builds
      .filter((build) => !BUILD_ENDS.has(build.state))
      .map((build) => `I1: build ${build.number} of ${app.name} has not ended: ${build.state}`),
    ...app.releases
      .filter((release) => !ROLLOUT_ENDS.has(release.rollout))
      .map(
        (release) => `I6: the rollout of v${release.number} of ${app.name} has not ended: ${release.rollout}`,
      ),
    ...app.builds
      .filter(
        (build) =>
          build.state === 'succeeded' && !app.releases.some((release) => release.buildId === build.id),
      )
      .map((build) => `I1: build ${build.number} of ${app.name} succeeded and has no release`),
    ...app.builds
      .filter((build) => !build.log.startsWith(`-----> Build ${build.number} of ${app.name}`))
      .map((build) => `I1: the log of build ${build.number} of ${app.name} lacks its beginning`),
  ];
}

/** Journal, refs and router tell the same: what is live. */
function oneTruth(app: AppFacts): string[] {
  const found: string[] = [];
  const live = app.releases.find((release) => release.id === app.liveReleaseId);
  const newest = app.releases
    .filter((release) => release.rollout === 'live')
    .toSorted((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0))
    .at(-1);
  if (newest && newest.id !== app.liveReleaseId) {
    found.push(
      `I8: v${newest.number} of ${app.name} went live last, the journal says v${live?.number ?? 'none'} is live`,
    );
  }
  if (!live) return found;
  const build = app.builds.find(({ id }) => id === live.buildId);
  if (live.buildId !== null && build?.state !== 'succeeded') {
    found.push(`I5: v${live.number} of ${app.name} is live and its build is ${build?.state ?? 'gone'}`);
  }
  if (live.commit !== null && app.branch !== live.commit) {
    found.push(`I2: the branch of ${app.name} is ${app.branch ?? 'absent'}, live is ${live.commit}`);
  }
  if (live.weight !== 10_000) found.push(`I6: the live release of ${app.name} has weight ${live.weight}`);
  if (app.answer.release !== live.number) {
    found.push(
      `I6: the router answers for ${app.name} with ${app.answer.release === undefined ? `status ${app.answer.status}` : `v${app.answer.release}`}, live is v${live.number}`,
    );
  }
  return found;
}

function nothingLeft(app: AppFacts): string[] {
  const known = new Set(app.builds.map((build) => build.id));
  return [
    ...app.hiddenRefs
      .filter((id) => !known.has(id))
      .map((id) => `I3: ${app.name} has a hidden ref of the unknown build ${id}`),
    ...app.builds
      .filter((build) => !app.hiddenRefs.includes(build.id))
      .map((build) => `I3: build ${build.number} of ${app.name} has lost its commit's ref`),
    ...app.locks.map((lock) => `I13: ${app.name} has the lock file ${lock}`),
    ...(app.openAttempts > 0 ? [`I13: ${app.name} has ${app.openAttempts} attempts that nobody ended`] : []),
    ...(app.retiring > 0 ? [`I13: ${app.name} has ${app.retiring} releases that still retire`] : []),
  ];
}

function containersOf(app: AppFacts, facts: Facts): string[] {
  const mine = facts.containers.filter((container) => container.app === app.id);
  const live = app.releases.find((release) => release.id === app.liveReleaseId);
  const running = mine.filter(
    (container) => container.kind === 'replica' && container.release === live?.id && container.running,
  );
  return [
    ...mine
      .filter((container) => container.kind === 'replica' && container.release !== live?.id)
      .map(
        (container) => `I6: ${app.name} has a container of release ${container.release}, which is not live`,
      ),
    ...mine
      .filter((container) => container.kind !== 'replica' && container.running)
      .map(() => `I6: ${app.name} has a one-off that still runs`),
    ...(live && running.length !== live.replicas
      ? [
          `I6: v${live.number} of ${app.name} has ${running.length} running containers, wanted ${live.replicas}`,
        ]
      : []),
  ];
}

function pushesOf(app: AppFacts, facts: Facts): string[] {
  return facts.pushes
    .filter((push) => push.app === app.name)
    .flatMap((push) => {
      const builds = app.builds.filter((build) => build.commit === push.commit);
      const found: string[] = [];
      if (push.build !== undefined && !builds.some((build) => build.number === push.build)) {
        found.push(`I1: ${app.name}: a pusher saw build ${push.build} of ${push.commit}, which is gone`);
      }
      if (builds.length > 1) {
        found.push(
          `I1: ${app.name}: ${push.commit} has ${builds.length} builds: ${builds.map(({ number }) => number).join(', ')}`,
        );
      }
      if (push.code === 0 && builds[0]?.state !== 'succeeded') {
        found.push(
          `I3: ${app.name}: the push of ${push.commit} was told it is live, its build is ${builds[0]?.state ?? 'gone'}`,
        );
      }
      return found;
    });
}
