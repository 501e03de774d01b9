/** One request as it is to be made now, for one delivery. */
export interface Letter {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** HTTP statuses after which trying again cannot do better. */
  readonly final?: readonly number[];
  /** Goes to the host of a linked repository, which the admin's list of those may name, too. */
  readonly toSource?: true;
}
