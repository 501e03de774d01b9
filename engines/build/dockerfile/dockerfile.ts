import type { SecretMount } from './secret-mounts.ts';

/** What the platform must know of a Dockerfile before BuildKit reads it. */
export interface Dockerfile {
  readonly text: string;
  readonly stages: readonly DockerfileStage[];
  /** `# syntax=…`, `# escape=…`, one a line from the top. */
  readonly directives: readonly { readonly name: string; readonly value: string }[];
  /** Names of every ARG. */
  readonly args: ReadonlySet<string>;
  readonly secretMounts: readonly SecretMount[];
}

export interface DockerfileStage {
  readonly index: number;
  /** Lower case, as BuildKit compares names. */
  readonly name: string | undefined;
  /** From 1. */
  readonly line: number;
  /** Where the FROM instruction ends, in characters from the start. */
  readonly fromEnd: number;
  /** Earlier stages that it is made from or copies from. */
  readonly needs: readonly number[];
  /** Images from outside that it is made from, copies from or mounts. */
  readonly images: readonly ImageUse[];
}

export interface ImageUse {
  /** With variables substituted; never empty. */
  readonly image: string;
  /** Of `FROM --platform`, substituted. */
  readonly platform: string | undefined;
  /** What to replace to name another image, in characters from the start. */
  readonly start: number;
  readonly end: number;
  readonly line: number;
}

/** The stage that a target means: a name in any case, or a number from 0. */
export function findStage(dockerfile: Dockerfile, target: string): DockerfileStage | undefined {
  const name = target.toLowerCase();
  return (
    dockerfile.stages.findLast((stage) => stage.name === name) ??
    (/^\d+$/.test(target) ? dockerfile.stages[Number(target)] : undefined)
  );
}

/** The stages that BuildKit makes for a target: itself and all that it needs. */
export function stagesFor(dockerfile: Dockerfile, target: DockerfileStage): ReadonlySet<DockerfileStage> {
  const found = new Set<DockerfileStage>();
  const visit = (stage: DockerfileStage): void => {
    if (found.has(stage)) return;
    found.add(stage);
    for (const index of stage.needs) {
      const needed = dockerfile.stages[index];
      if (needed !== undefined) visit(needed);
    }
  };
  visit(target);
  return found;
}
