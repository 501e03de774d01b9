import type { AppFacts, Facts, VisitsFact } from '../facts.ts';

/**
 * I5, I6, I9: whoever asked was answered, by a release whose tests had passed and which was live or in its canary, and
 * by that release's own image.
 */
export function visits(facts: Facts): string[] {
  return facts.visits.flatMap((visit) => {
    const app = facts.apps.find(({ name }) => name === visit.app);
    return [...failures(visit), ...(app ? answers(app, visit, facts) : [])];
  });
}

function failures(visit: VisitsFact): string[] {
  if (visit.excused) return [];
  return visit.failures.map(
    ({ what, count }) =>
      `I6: ${count} visitors of ${visit.app} got "${what}", and nothing between them and the app was struck`,
  );
}

function answers(app: AppFacts, visit: VisitsFact, facts: Facts): string[] {
  return visit.answers.flatMap(({ release: number, token }) => {
    const known = facts.tokens.find((one) => one.token === token);
    if (!known) return [`I5: visitors of ${app.name} got a page of no known commit: ${token}`];
    if (known.appId !== app.id) {
      return [`I9: visitors of ${app.name} got a page of an app that was destroyed: ${token}`];
    }
    const found: string[] = [];
    const release = app.releases.find((one) => one.number === number);
    if (!known.passes) {
      found.push(`I5: visitors of ${app.name} got v${number}, whose tests fail`);
    }
    if (release?.commit !== known.commit) {
      found.push(
        `I5: v${number} of ${app.name} is ${release?.commit ?? 'unknown'} and shows the page of ${known.commit}`,
      );
    }
    if (!facts.served.has(`${app.id} v${number}`) && release?.rollout !== 'live') {
      found.push(
        `I5: visitors of ${app.name} got v${number}, which was neither live nor in its canary (${release?.rollout ?? 'unknown'})`,
      );
    }
    return found;
  });
}
