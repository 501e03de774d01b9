/** Pauses before the second and each further attempt, in seconds: eleven attempts in about a day. */
export const PAUSES: readonly number[] = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 28_800];
/** Each pause is longer or shorter by up to this share, so that what failed together does not come back together. */
const JITTER = 0.2;
/** What a receiver may ask for at most, in seconds. */
const MAX_ASKED = 86_400;

export type Outcome =
  | { readonly state: 'delivered' }
  /** Tried again after so many milliseconds. */
  | { readonly state: 'waiting'; readonly afterMs: number }
  /** `endpoint`: nothing more is to be sent there at all. */
  | { readonly state: 'dead'; readonly endpoint?: 'gone' };

export interface Attempted {
  /** The HTTP status; undefined when there was no answer. */
  readonly status: number | undefined;
  /** Seconds that the receiver asked us to wait. */
  readonly retryAfter?: number | undefined;
  /** Of this message to this receiver, this one included. */
  readonly attempts: number;
  /** Statuses after which another attempt cannot do better. */
  readonly final?: readonly number[];
}

/**
 * What follows an attempt. As the Standard Webhooks specification has it: 2xx is taken, 410 ends the endpoint, all else,
 * redirects too, is tried again, later each time.
 * @param random 0 to 1
 */
export function outcomeOf({ status, retryAfter, attempts, final = [] }: Attempted, random: number): Outcome {
  if (status !== undefined && status >= 200 && status < 300) return { state: 'delivered' };
  if (status === 410) return { state: 'dead', endpoint: 'gone' };
  const pause = PAUSES[attempts - 1];
  if (pause === undefined || (status !== undefined && final.includes(status))) return { state: 'dead' };
  const own = pause * (1 - JITTER + 2 * JITTER * random);
  const asked = Math.min(retryAfter ?? 0, MAX_ASKED);
  return { state: 'waiting', afterMs: Math.round(Math.max(own, asked) * 1_000) };
}
