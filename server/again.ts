/** What builds a commit once more, for hints: it need not be the live one, which `builds:create` alone would take. */
export function buildAgain(app: { readonly name: string }, commit: string): string {
  return `push again, or: sluice builds:create --commit ${commit} -a ${app.name}`;
}
