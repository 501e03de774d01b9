/** What every command takes. */
export interface Globals {
  readonly app: string | undefined;
  /** Every `-a`, for the commands that take several. */
  readonly apps: readonly string[];
  readonly host: string | undefined;
  readonly local: boolean;
  readonly json: boolean;
}
