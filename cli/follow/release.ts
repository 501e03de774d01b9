import type { Release } from '../../core/contracts/resources.ts';
import { rolloutHasEnded } from '../../core/rollout.ts';
import type { Api } from '../api/client.ts';
import { lostConnection } from './build-log.ts';
import { Retries, type Patience } from './patience.ts';

/** Between two looks at a rollout, in milliseconds: an answer costs the server about one. */
const LOOK: Patience = { waits: [100, 200, 300, 500], total: Number.POSITIVE_INFINITY };

/** Waits until a release's rollout has ended. A lost connection is tried again as long as patience lasts. */
export async function untilEnded(
  api: Api,
  release: { readonly app: string; readonly number: number },
  patience: Patience,
): Promise<Release> {
  const looks = new Retries(LOOK);
  const retries = new Retries(patience);
  for (;;) {
    try {
      const seen = await api.call('getRelease', { params: release });
      retries.wentWell();
      if (rolloutHasEnded(seen.state)) return seen;
      await looks.wait();
    } catch (error) {
      const lost = lostConnection(error);
      if (!(await retries.wait())) throw lost;
    }
  }
}
