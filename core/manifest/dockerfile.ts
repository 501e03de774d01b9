import { DockerfileParser } from 'dockerfile-ast';

export interface DockerfileStage {
  /** Lower case, as BuildKit compares names; undefined when the stage has only its number. */
  readonly name: string | undefined;
  /** From 1. */
  readonly line: number;
}

/** The stages of a Dockerfile in their order; heredocs and continued lines hide no `FROM`. */
export function readStages(dockerfile: string): DockerfileStage[] {
  return DockerfileParser.parse(dockerfile)
    .getFROMs()
    .map((from) => ({
      name: from.getBuildStage()?.toLowerCase(),
      line: from.getRange().start.line + 1,
    }));
}

/** Whether `target` (a name in any case, or a number from 0) is a stage. */
export function hasStage(stages: readonly DockerfileStage[], target: string): boolean {
  return stages.some(({ name }, index) => name === target.toLowerCase() || String(index) === target);
}
