import { writeFileSync } from 'node:fs';
import { reasonText } from '../core/reasons/reasons.ts';
import { REFUSALS } from '../server/git/refusals.ts';

/** The user page of all refusals, from the table that the SSH front itself uses. */
export function refusalsPage(): string {
  const rows = Object.entries(REFUSALS).map(
    ([code, { message, hint }]) =>
      `| \`${code}\` | ${reasonText(code)?.title ?? ''} | ${cell(message)} | ${cell(hint)} |`,
  );
  return `# What a push can be refused for

A refused push changes nothing: no build, no ref. Each refusal says what happened and what to type next. Words in
\`{braces}\` are filled in.

| code | when | it says | and what to type |
|---|---|---|---|
${rows.join('\n')}

The server adds, in the same form: \`app_not_found\`, \`role_too_low\`, \`not_descendant\` (a newer build is under way and
the commit does not contain it: \`-o supersede\` replaces it), \`repository_invalid\`,
\`commit_let_go\` (git was just removing it: push again), \`disk_budget\` and \`disk_full\` (see [operations](operations.md#disk)).
`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

if (import.meta.main) writeFileSync(new URL('../docs/refusals.md', import.meta.url), refusalsPage());
