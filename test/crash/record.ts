import type {
  CanarySeen,
  PushFact,
  ReaderFact,
  RollbackFact,
  SecondServerFact,
  SecretFact,
  Told,
  TokenFact,
} from '../support/invariants/facts.ts';
import type { DeployedApp } from './deployed-app.ts';
import type { Visit } from './visitors.ts';

/** What the matrix has done and its visitors have seen, as the checker wants to be told. */
export class Record {
  readonly pushes: PushFact[] = [];
  readonly tokens: TokenFact[] = [];
  readonly secrets: SecretFact[] = [];
  readonly secondServers: SecondServerFact[] = [];
  readonly rollbacks: RollbackFact[] = [];
  readonly readers: ReaderFact[] = [];
  serverStarts = 0;
  diskWasFull = false;
  #visits: Visit[] = [];

  /** @param visits those of the present run */
  visited(visits: readonly Visit[]): void {
    this.#visits.push(...visits);
  }

  /** Of a host whose app was made anew, or at the beginning of a run, of all. */
  forgetVisits(host?: string): void {
    this.#visits = host === undefined ? [] : this.#visits.filter((visit) => visit.host !== host);
  }

  /**
   * @param seen by the one who watched the journal
   * @param excused failures of an app's visitors that are no wonder; `all`: something between them and the app was struck
   */
  told(
    apps: readonly DeployedApp[],
    seen: { readonly served: ReadonlySet<string>; readonly canaries: readonly CanarySeen[] },
    excused: { readonly all: boolean; readonly failure: (app: string, failure: string) => boolean },
  ): Told {
    const { pushes, tokens, secrets, secondServers, rollbacks, readers, serverStarts, diskWasFull } = this;
    return {
      ...seen,
      pushes,
      tokens,
      secrets,
      secondServers,
      rollbacks,
      readers,
      serverStarts,
      diskWasFull,
      wishes: apps.map(({ id, wish, config }) => ({
        appId: id,
        commit: wish.commit,
        token: wish.token,
        config,
        // Where nothing answers there is nothing to compare with, and none is made.
        byCanary: wish.byCanary === true && !excused.all,
      })),
      visits: apps.map(({ name }) => {
        const mine = this.#visits.filter(({ host }) => host === `${name}.localhost`);
        const failures = mine.flatMap(({ failure }) =>
          failure === undefined || excused.failure(name, failure) ? [] : [failure],
        );
        const answers = mine.flatMap(({ release, token }) =>
          release === undefined || token === undefined ? [] : [{ release, token }],
        );
        return {
          app: name,
          excused: excused.all,
          failures: counted(failures, String).map(([what, count]) => ({ what, count })),
          answers: counted(answers, ({ release, token }) => `${release} ${token}`).map(([one, count]) => ({
            ...one,
            count,
          })),
        };
      }),
    };
  }
}

/** Each of `items` that has another name, with how often it is there. */
function counted<T>(items: readonly T[], name: (item: T) => string): [T, number][] {
  const groups = Map.groupBy(items, name);
  return [...groups.values()].map((group) => [group[0] as T, group.length]);
}
