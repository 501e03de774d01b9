/** For how long an engine may fail for reasons of its own before it is believed, in milliseconds. */
export const BELIEVED_AFTER_MS = 10_000;

/** The image's fault, though the engine answers them as its own. */
const OF_THE_IMAGE = /unable to find (user|group)/i;

/**
 * Tells a container that cannot be started from an engine that is in trouble: one that is being stopped fails starts for
 * a moment before it hangs up, and that says nothing about a release.
 */
export class StartTrouble {
  /** When each container's start first failed so, `performance.now()`. */
  private readonly since = new Map<string, number>();

  /**
   * @param status of the engine's answer
   * @param said the engine's words
   * @returns whether the next tries would fail, too
   */
  isLasting(containerId: string, status: number, said: string, now = performance.now()): boolean {
    if (status < 500 || OF_THE_IMAGE.test(said)) return true;
    const since = this.since.get(containerId) ?? now;
    this.since.set(containerId, since);
    return now - since >= BELIEVED_AFTER_MS;
  }

  forget(containerId: string): void {
    this.since.delete(containerId);
  }
}
