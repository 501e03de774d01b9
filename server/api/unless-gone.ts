/** Waits for work on a stream. That it broke off because the client has left is no error. */
export async function unlessGone(gone: AbortSignal, work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!gone.aborted) throw error;
  }
}
