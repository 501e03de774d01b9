/** An example as people type it: one that names `sluice` itself is a whole line of a shell already. */
export function shellLine(example: string): string {
  return /\bsluice /.test(example) ? example : `sluice ${example}`;
}
