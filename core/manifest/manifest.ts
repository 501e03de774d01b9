import { z } from 'zod';
import { ProcessType } from '../names.ts';

/** Everything that the files of one commit say about how to test, build and run it, with defaults filled in. */
export const CanaryPolicy = z.object({
  /** Percent of traffic at each step, ascending, 1 to 99. */
  steps: z.array(z.number().min(1).max(99)).min(1).max(20),
  bakeSeconds: z.number().int().min(1).max(86_400),
  /** Share of answers, 0 to 1. */
  maxErrorRate: z.number().min(0).max(1),
  maxLatencyRatio: z.number().min(1).max(100),
  minRequests: z.number().int().min(0).max(10_000_000),
  maxWaitSeconds: z.number().int().min(1).max(86_400),
  onNoData: z.enum(['promote', 'hold', 'rollback']),
  /** How long the old release stays warm after promotion. */
  keepSeconds: z.number().int().min(0).max(86_400),
});
export type CanaryPolicy = z.infer<typeof CanaryPolicy>;

export const Manifest = z.object({
  build: z.object({
    dockerfile: z.string(),
    target: z.string().optional(),
    context: z.string(),
    args: z.record(z.string(), z.string()),
  }),
  /** Absent: the commit has no test stage, which is allowed and said aloud. */
  test: z
    .object({
      dockerfile: z.string(),
      target: z.string().optional(),
      command: z.string().optional(),
      timeoutSeconds: z.number().int().min(1).max(86_400),
    })
    .optional(),
  buildTimeoutSeconds: z.number().int().min(1).max(86_400),
  /** `web` is always there unless the Procfile leaves it out; no command: the image's own CMD. */
  processes: z.record(ProcessType, z.object({ command: z.string().optional() })),
  /** The Procfile's `release:` command. */
  releaseCommand: z.string().optional(),
  web: z.object({
    /** Absent: the image's exposed port, else 8080. */
    port: z.number().int().min(1).max(65_535).optional(),
    health: z.object({ path: z.string(), timeoutSeconds: z.number().int().min(1).max(3_600) }),
    graceSeconds: z.number().int().min(0).max(3_600),
  }),
  /** Replicas a process type that the repository asks for; `ps:scale` wins over it. */
  scale: z.record(ProcessType, z.number().int().min(0).max(100)),
  /** false: `canary: off`. */
  canary: z.union([CanaryPolicy, z.literal(false)]),
  /** app.json `env`: defaults for keys that the config does not set, and keys that must be set. */
  env: z.record(z.string(), z.object({ value: z.string().optional(), required: z.boolean() })),
});
export type Manifest = z.infer<typeof Manifest>;

/** One thing wrong in a file of the repository. Lines count from 1; 0 means the whole file. */
export interface ManifestProblem {
  readonly file: string;
  readonly line: number;
  readonly message: string;
  /** What would be right. */
  readonly fix: string;
  /** Set where a program reacts to it; see `isNoDockerfile` in read.ts. */
  readonly code?: 'no_dockerfile';
}

/** Reads one file of the commit, as text; undefined when it is not there. Paths are relative to the root. */
export type ReadFile = (path: string) => Promise<string | undefined>;

export const DEFAULT_CANARY: CanaryPolicy = {
  steps: [5, 25, 50],
  bakeSeconds: 30,
  maxErrorRate: 0.01,
  maxLatencyRatio: 1.5,
  minRequests: 100,
  maxWaitSeconds: 300,
  onNoData: 'promote',
  keepSeconds: 600,
};
