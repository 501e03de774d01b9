import { Refusal } from '../core/reason.ts';
import type { Route } from '../engines/port.ts';

const CONFLICT = 409;

/** Routes that came while another change was being made. They are made in one change, and answered one by one. */
export class GatheredRoutes {
  readonly #waiting: { readonly route: Route; readonly answer: PromiseWithResolvers<void> }[] = [];

  /** Settles as if the route had been made alone. */
  add(route: Route): Promise<void> {
    const answer = Promise.withResolvers<void>();
    this.#waiting.push({ route, answer });
    return answer.promise;
  }

  /** Never rejects: each route has its own answer. @param change makes all of them, or none */
  async make(change: (routes: readonly Route[]) => Promise<void>): Promise<void> {
    try {
      // Of an app that came twice the later one counts.
      await change([...new Map(this.#waiting.map(({ route }) => [route.appId, route])).values()]);
      for (const { answer } of this.#waiting) answer.resolve();
    } catch (error) {
      const isOneToBlame = error instanceof Refusal && error.status === CONFLICT && this.#waiting.length > 1;
      for (const { route, answer } of this.#waiting) {
        if (isOneToBlame) await change([route]).then(answer.resolve, answer.reject);
        else answer.reject(error);
      }
    }
  }
}
