import type { Context } from '../../context.ts';
import { Failure } from '../../failure.ts';
import { fails, passes, type Check } from './check.ts';

/** Whether the platform answers, to whom, and what it says of itself. */
export async function platformChecks(context: Context): Promise<Check[]> {
  try {
    const api = await context.api();
    const { checks } = await context.waiting('Asking the platform for its parts', () =>
      api.call('doctor', {}),
    );
    return [passes('platform', 'answers'), ...checks];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { message, hint, detail } = error.reason;
    return [fails('platform', [message, ...(detail ?? [])].join(' | '), hint ?? '')];
  }
}
