/** A row of the table of codes: what is true of a code wherever it is met. Sentences without a full stop. */
export interface ReasonText {
  /** What happened. */
  readonly title: string;
  /** What most often is behind it. */
  readonly cause: string;
  /** What mends it, with the command to type; a reason's own hint has the names filled in. */
  readonly mend: string;
}
