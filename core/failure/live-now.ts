/** What is live after all, as people ask for that first. */
export interface LiveNow {
  readonly release: number;
  readonly commit?: string | undefined;
  /** Where it answers; absent without `web`. */
  readonly url?: string | undefined;
  /** It has a `web`, and none of it is to run. */
  readonly webScaledToZero?: boolean | undefined;
}

/** `Live now: v12 (1a2b3c4d), https://…` */
export function liveNowLine(app: string, live: LiveNow | undefined): string {
  if (live === undefined) return 'Nothing is live yet.';
  const commit = live.commit === undefined ? '' : ` (${live.commit.slice(0, 8)})`;
  const where =
    live.webScaledToZero === true
      ? `, but no web replica runs; start one: sluice ps:scale web=1 -a ${app}`
      : live.url === undefined
        ? ''
        : `, ${live.url}`;
  return `Live now: v${live.release}${commit}${where}`;
}
