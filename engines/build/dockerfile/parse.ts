import { DockerfileParser } from 'dockerfile-ast';
import type { Copy, Flag, From, Instruction, Run } from 'dockerfile-ast';
import type { Dockerfile, DockerfileStage, ImageUse } from './dockerfile.ts';
import { secretMounts } from './secret-mounts.ts';
import type { SecretMount } from './secret-mounts.ts';
import { substitute } from './variables.ts';

type Position = { readonly line: number; readonly character: number };
type Range = { readonly start: Position; readonly end: Position };

/** @param args build arguments: those of sluice.yaml and the platform's own (TARGETARCH, …) */
export function parseDockerfile(text: string, args: Readonly<Record<string, string>>): Dockerfile {
  const document = DockerfileParser.parse(text);
  const escape = document.getEscapeCharacter();
  const starts = lineStarts(text);
  const offset = (position: Position): number => (starts[position.line] ?? text.length) + position.character;
  const variables = globalVariables(document.getInitialARGs(), args, escape);
  const expand = (word: string): string =>
    substitute(word, variables, escape).replace(/^(["'])(.*)\1$/, '$2');

  const stages: DraftStage[] = [];
  const use = (written: string, range: Range | null, platform: string | undefined): void => {
    const stage = stages.at(-1);
    const image = expand(written);
    if (stage === undefined || image === '' || range === null || image.toLowerCase() === 'scratch') return;
    const known = stages.slice(0, -1).findLast(({ name }) => name === image.toLowerCase());
    if (known !== undefined) stage.needs.push(known.index);
    else {
      const place = { start: offset(range.start), end: offset(range.end), line: range.start.line + 1 };
      stage.images.push({ image, platform, ...place });
    }
  };
  const useFrom = (written: string | null, range: Range | null): void => {
    const index = written !== null && /^\d+$/.test(written) ? Number(written) : -1;
    if (index >= 0 && index < stages.length - 1) stages.at(-1)?.needs.push(index);
    else if (written !== null) use(written, range, undefined);
  };

  const names = new Set<string>();
  const secrets: SecretMount[] = [];
  for (const instruction of document.getInstructions()) {
    const keyword = instruction.getKeyword();
    if (keyword === 'ARG') for (const name of argNames(instruction)) names.add(name);
    if (keyword === 'FROM') {
      const from = instruction as From;
      stages.push(draft(from, stages.length, offset(from.getRange().end)));
      const platform = from.getPlatformFlag()?.getValue();
      use(from.getImage() ?? '', from.getImageRange(), platform ? expand(platform) : undefined);
    } else if (keyword === 'COPY') {
      const flag = (instruction as Copy).getFlags().find((candidate) => candidate.getName() === 'from');
      if (flag !== undefined) useFrom(flag.getValue(), flag.getValueRange());
    } else if (keyword === 'RUN') {
      const flags = (instruction as Run).getFlags();
      for (const option of mountSources(flags)) useFrom(option.getValue(), option.getValueRange());
      secrets.push(...secretMounts(flags, offset));
    }
  }
  const found = directives(document.getDirectives());
  return { text, stages, args: names, directives: found, secretMounts: secrets };
}

interface DraftStage extends DockerfileStage {
  readonly needs: number[];
  readonly images: ImageUse[];
}

function draft(from: From, index: number, fromEnd: number): DraftStage {
  const name = from.getBuildStage()?.toLowerCase();
  return { index, name, line: from.getRange().start.line + 1, fromEnd, needs: [], images: [] };
}

function mountSources(flags: readonly Flag[]) {
  return flags
    .filter((flag) => flag.getName() === 'mount')
    .flatMap((flag) => flag.getOptions())
    .filter((option) => option.getName() === 'from');
}

function globalVariables(
  args: readonly { getProperty(): { getName(): string; getValue(): string | null } | null }[],
  given: Readonly<Record<string, string>>,
  escape: string,
): ReadonlyMap<string, string> {
  const variables = new Map(Object.entries(given).filter(([name]) => PLATFORM_ARG.test(name)));
  for (const arg of args) {
    const property = arg.getProperty();
    if (property === null) continue;
    const value = given[property.getName()] ?? property.getValue();
    if (value !== null) variables.set(property.getName(), substitute(value, variables, escape));
  }
  return variables;
}

/** Known in FROM without an ARG of their own. */
const PLATFORM_ARG = /^(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT)$/;

function argNames(instruction: Instruction): string[] {
  return instruction.getArguments().map((argument) => argument.getValue().split('=')[0] as string);
}

function directives(
  found: readonly { getName(): string; getValue(): string }[],
): { name: string; value: string }[] {
  return found.map((directive) => ({ name: directive.getName().toLowerCase(), value: directive.getValue() }));
}

/** Lines end as dockerfile-ast sees them: \n, \r\n or a lone \r. */
function lineStarts(text: string): number[] {
  return [0, ...[...text.matchAll(/\r\n|\n|\r/g)].map((end) => end.index + end[0].length)];
}
