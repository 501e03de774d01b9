import type { RegistrySettings } from '../registry/registry.ts';

/** As Kubernetes writes amounts: `500m`, `2Gi`. */
export interface Resources {
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
}

export interface JobBuildSettings {
  readonly namespace: string;
  /** Of the server's journal; written on what is made. */
  readonly generation?: string;
  /** Where images go: `host[:port][/path]`, as nodes and pods reach it. */
  readonly registry: string;
  readonly registries: RegistrySettings;
  /** Name of a Secret of type `kubernetes.io/dockerconfigjson` in the namespace, for pushing and pulling base images. */
  readonly loginSecret?: string;
  /** Names of such Secrets there, with which nodes pull `jobImage` and `buildkitImage`; empty or absent: none is needed. */
  readonly pullSecrets?: readonly string[];
  /** The platform's own image, whose program the Job runs. */
  readonly jobImage: string;
  /** `moby/buildkit:…-rootless`, or one of the same layout. */
  readonly buildkitImage: string;
  /** Absent: no app keeps its cache. A class of '' is the cluster's default. */
  readonly cache?: { readonly storageClass: string; readonly size: string };
  readonly buildkitResources: Resources;
  readonly jobResources: Resources;
  /** Seconds that a Job waits for a place in the cluster, or for its images. */
  readonly patienceSeconds: number;
}

export const DEFAULT_RESOURCES = {
  buildkit: {
    requests: { cpu: '250m', memory: '256Mi' },
    limits: { cpu: '4', memory: '4Gi' },
  },
  job: {
    requests: { cpu: '50m', memory: '96Mi' },
    limits: { cpu: '2', memory: '768Mi' },
  },
} as const satisfies Record<string, Resources>;
