/** Lets one task an app run at a time, in the order of the calls; apps do not wait for each other. */
export class AppTurns {
  private readonly last = new Map<string, Promise<unknown>>();

  async run<T>(appId: string, task: () => Promise<T>): Promise<T> {
    const before = this.last.get(appId) ?? Promise.resolve();
    const mine = before.then(task, task);
    this.last.set(appId, mine);
    try {
      return await mine;
    } finally {
      if (this.last.get(appId) === mine) this.last.delete(appId);
    }
  }
}
