import { isDeepStrictEqual } from 'node:util';
import type { AppFacts, Facts, WishFact } from '../facts.ts';

/** I8: the newest thing that was asked for is what is there. I9: and nothing else, as an earlier app of that name had. */
export function wishes(facts: Facts): string[] {
  return facts.wishes.flatMap((wish) => {
    const app = facts.apps.find(({ id }) => id === wish.appId);
    return app ? fulfilled(app, wish) : [`I8: the app ${wish.appId} was asked for and is not there`];
  });
}

function fulfilled(app: AppFacts, wish: WishFact): string[] {
  const found: string[] = [];
  const live = app.releases.find((release) => release.id === app.liveReleaseId);
  if (live?.commit !== wish.commit) {
    found.push(`I8: ${wish.commit} of ${app.name} was asked for last, live is ${live?.commit ?? 'nothing'}`);
  }
  if (app.answer.token !== wish.token) {
    found.push(
      `I8: visitors of ${app.name} get the page ${app.answer.token ?? 'of nothing'}, not ${wish.token}`,
    );
  }
  if ((app.answer.setting ?? '') !== (wish.config['SETTING'] ?? '')) {
    found.push(
      `I8: ${app.name} runs with SETTING=${app.answer.setting ?? ''}, not ${wish.config['SETTING'] ?? ''}`,
    );
  }
  if (!isDeepStrictEqual({ ...app.config }, { ...wish.config })) {
    const keys = (config: object): string => Object.keys(config).toSorted().join(', ') || 'none';
    found.push(
      `I9: the config of ${app.name} is not what was asked for: keys ${keys(app.config)}, wanted ${keys(wish.config)}`,
    );
  }
  return found;
}
