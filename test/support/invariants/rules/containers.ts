import type { AppFacts, Facts } from '../facts.ts';

/** I6: the engine runs what is live, as often as wanted, and nothing else. */
export function containers(facts: Facts): string[] {
  return facts.apps.flatMap((app) => of(app, facts));
}

function of(app: AppFacts, facts: Facts): string[] {
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
