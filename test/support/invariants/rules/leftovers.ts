import type { Facts } from '../facts.ts';

/** I9: of an app that was destroyed nothing is left, of any kind. */
export function leftovers(facts: Facts): string[] {
  const apps = new Set(facts.apps.map((app) => app.id));
  const builds = new Set(facts.apps.flatMap((app) => app.builds.map((build) => build.id)));
  return [
    ...facts.destroyed.map((id) => `I9: the app ${id} was destroyed and its row is left`),
    ...facts.containers
      .filter((container) => !apps.has(container.app))
      .map((container) => `I9: a container of the unknown app ${container.app} is left`),
    ...facts.traces
      .filter(({ what, of }) => !(what === 'build log' ? builds : apps).has(of))
      .map(
        ({ what, of }) =>
          `I9: a ${what} of the unknown ${what === 'build log' ? 'build' : 'app'} ${of} is left`,
      ),
  ];
}
