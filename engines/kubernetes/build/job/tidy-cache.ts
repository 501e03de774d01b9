import { JOB_PATHS } from '../job-input.ts';
import { Buildkitd } from './buildkitd.ts';

const LIMIT_MS = 60_000;

/** Makes the app's cache fit its volume. What does not succeed now, the next build does. */
export async function tidyCache(bytes: number): Promise<void> {
  try {
    const daemon = await Buildkitd.connect(JOB_PATHS.socket, AbortSignal.timeout(LIMIT_MS));
    await daemon.prune(bytes);
    daemon.close();
  } catch {
    // The build has ended well or not by now, and says so already.
  }
}
