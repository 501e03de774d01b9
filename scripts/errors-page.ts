import { writeFileSync } from 'node:fs';
import { REASON_TABLES } from '../core/reasons/reasons.ts';

/** The user page of all codes, from the table that the platform and the command themselves use. */
export function errorsPage(): string {
  const tables = REASON_TABLES.map(({ heading, rows }) => {
    const lines = Object.entries(rows).map(
      ([code, { title, cause, mend }]) =>
        `| \`${code}\` | ${cell(sentence(title))} | ${cell(cause)} | ${cell(mend)} |`,
    );
    return `## ${heading}\n\n| code | what happened | likely cause | what mends it |\n|---|---|---|---|\n${lines.join('\n')}\n`;
  });
  return `# Codes of failures and refusals

Everything that fails or is refused has a stable code: scripts may match on it. A push, \`sluice builds:show\` and
\`sluice rollouts:show\` tell a failure in the same few lines: what happened, the last lines that tell of it, the likely
cause, and what to type next. \`sluice help CODE\` shows a row of this page, also without a network. What a push can be
refused for, in the words that it is told in: [refusals](refusals.md).

With \`--json\` an error is one line on stderr, \`{"error": {"code", "message", "hint", "detail"}}\`; the HTTP API answers
with the same as \`reason\` of a problem document ([API](api.md)).

${tables.join('\n')}`;
}

function sentence(title: string): string {
  return title.charAt(0).toUpperCase() + title.slice(1);
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

if (import.meta.main) writeFileSync(new URL('../docs/errors.md', import.meta.url), errorsPage());
