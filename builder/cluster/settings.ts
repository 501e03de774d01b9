import { z } from 'zod';
import {
  ClusterEnvironment,
  type ClusterSettings,
  List,
  clusterSettings,
} from '../../core/cluster-settings.ts';

/** As Kubernetes reads them: `{"cpu": "500m", "memory": "2Gi"}`, where people write `{"cpu": 4}` too. */
const Amounts = z.record(z.string(), z.union([z.string(), z.number().transform(String)])).default({});
const BuildResources = z.object({ requests: Amounts, limits: Amounts });

export interface BuilderClusterSettings extends ClusterSettings {
  /** The platform's own image, whose program a Job runs. */
  readonly jobImage: string;
  readonly buildkitImage: string;
  /** Name of a Secret of type kubernetes.io/dockerconfigjson in the namespace of the builds. */
  readonly loginSecret: string | undefined;
  /** Names of such Secrets there, with which nodes pull the images of the platform and of BuildKit. */
  readonly pullSecrets: readonly string[];
  /** undefined: builds start without a cache. */
  readonly cache: { readonly storageClass: string; readonly size: string } | undefined;
  /** What a build's commands may use. */
  readonly resources: z.infer<typeof BuildResources> | undefined;
  /** Seconds that a Job waits for a place in the cluster, or for its images. */
  readonly patienceSeconds: number;
}

const ClusterBuilds = ClusterEnvironment.extend({
  SLUICE_JOB_IMAGE: z.string().min(1),
  SLUICE_BUILDKIT_IMAGE: z.string().min(1),
  SLUICE_REGISTRY_SECRET: z.string().min(1).optional(),
  SLUICE_BUILD_PULL_SECRETS: List.prefault(''),
  SLUICE_BUILD_CACHE_CLASS: z.string().optional(),
  SLUICE_BUILD_CACHE_SIZE: z.string().default('10Gi'),
  SLUICE_BUILD_RESOURCES: z
    .string()
    .transform((text, problems) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        problems.addIssue({ code: 'custom', message: 'must be JSON: {"requests": {…}, "limits": {…}}' });
        return z.NEVER;
      }
    })
    .pipe(BuildResources)
    .optional(),
  // With what a test stage has by default it makes the half hour after which the server gives an attempt up.
  SLUICE_BUILD_PATIENCE: z.coerce.number().int().min(1).max(900).default(600),
});

/** @throws Error naming each variable that is missing or wrong */
export function readClusterSettings(env: NodeJS.ProcessEnv = process.env): BuilderClusterSettings {
  const parsed = ClusterBuilds.safeParse(env);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`settings that cannot be used:\n  ${problems.join('\n  ')}`);
  }
  const { data } = parsed;
  const storageClass = data.SLUICE_BUILD_CACHE_CLASS;
  return {
    ...clusterSettings(data),
    jobImage: data.SLUICE_JOB_IMAGE,
    buildkitImage: data.SLUICE_BUILDKIT_IMAGE,
    loginSecret: data.SLUICE_REGISTRY_SECRET,
    pullSecrets: data.SLUICE_BUILD_PULL_SECRETS,
    cache:
      storageClass === undefined || storageClass === 'none'
        ? undefined
        : { storageClass, size: data.SLUICE_BUILD_CACHE_SIZE },
    resources: data.SLUICE_BUILD_RESOURCES,
    patienceSeconds: data.SLUICE_BUILD_PATIENCE,
  };
}
