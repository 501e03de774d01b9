import type { Dockerfile, DockerfileStage, ImageUse } from './dockerfile.ts';
import type { SecretIds } from './secret-mounts.ts';

export const TEST_COMMAND_STAGE = 'sluice-test-command';
/** Its value differs each time, so that what uses it is never taken from the cache. */
export const FRESH_ARG = 'SLUICE_FRESH';

const UNNAMED_STAGE = 'sluice-target';

export interface Rewrite {
  /** The image to use in place of each use; undefined leaves it as it is. */
  readonly pin: (use: ImageUse) => string | undefined;
  readonly secretIds: SecretIds;
  /** Leave the `# syntax=` line out. */
  readonly withoutSyntax: boolean;
  /** The stage to make. */
  readonly target: DockerfileStage;
  /** Runs in a stage of its own, made from the target. */
  readonly command?: string | undefined;
  /** Stages whose commands must run again, whatever the cache holds. */
  readonly fresh?: ReadonlySet<DockerfileStage>;
}

/**
 * The Dockerfile that BuildKit gets, and the name of the target in it (undefined: the last stage, which has none).
 * Lines keep their numbers (but in `fresh` stages), so that BuildKit's errors fit.
 */
export function rewriteDockerfile(
  dockerfile: Dockerfile,
  rewrite: Rewrite,
): { text: string; target: string | undefined } {
  const edits: Edit[] = [];
  for (const use of dockerfile.stages.flatMap((stage) => stage.images)) {
    const pinned = rewrite.pin(use);
    if (pinned !== undefined) edits.push({ start: use.start, end: use.end, text: pinned });
  }
  for (const { at, text } of dockerfile.secretMounts)
    edits.push({ start: at, end: at, text: text(rewrite.secretIds) });
  const last = rewrite.target.index === dockerfile.stages.length - 1;
  const name = rewrite.target.name ?? (last && rewrite.command === undefined ? undefined : UNNAMED_STAGE);
  if (rewrite.target.name === undefined && name !== undefined) {
    edits.push({ start: rewrite.target.fromEnd, end: rewrite.target.fromEnd, text: ` AS ${name}` });
  }
  for (const stage of rewrite.fresh ?? [])
    edits.push({ start: stage.fromEnd, end: stage.fromEnd, text: `\nARG ${FRESH_ARG}` });
  const edited = apply(dockerfile.text, edits);
  const text = rewrite.withoutSyntax ? dropSyntax(edited, dockerfile.directives) : edited;
  if (rewrite.command === undefined) return { text, target: name };
  return { text: text + testCommandStage(name as string, rewrite.command), target: TEST_COMMAND_STAGE };
}

/** The exec form keeps the command as it is: nothing but its /bin/sh reads it. */
function testCommandStage(from: string, command: string): string {
  // `<` is written as \u003c, because newer frontends look for heredocs before they look at JSON.
  const json = JSON.stringify(['/bin/sh', '-c', command]).replaceAll('<', '\\u003c');
  return `\n\nFROM ${from} AS ${TEST_COMMAND_STAGE}\nARG ${FRESH_ARG}\nRUN ${json}\n`;
}

/** Directives count only in the first lines, so those that stay move up and plain comments fill the gap. */
function dropSyntax(text: string, directives: Dockerfile['directives']): string {
  const lines = text.split('\n');
  const head = lines.slice(0, directives.length);
  const kept = head.filter((_, index) => directives[index]?.name !== 'syntax');
  const filled = [...kept, ...Array.from({ length: head.length - kept.length }, () => '#')];
  return [...filled, ...lines.slice(directives.length)].join('\n');
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

function apply(text: string, edits: readonly Edit[]): string {
  // From the end, so that the places of the others stay right; of two at one place the first pushed comes first.
  const ordered = edits.toSorted((a, b) => a.start - b.start);
  return ordered.reduceRight(
    (result, edit) => result.slice(0, edit.start) + edit.text + result.slice(edit.end),
    text,
  );
}
