/** What can be seen of a platform from outside its processes, after things have settled. */
export interface Facts {
  readonly apps: readonly AppFacts[];
  /** Containers with this installation's label, of any app. */
  readonly containers: readonly ContainerFact[];
  /** What the pushers saw. */
  readonly pushes: readonly PushFact[];
}

export interface AppFacts {
  readonly id: string;
  readonly name: string;
  readonly liveReleaseId: string | null;
  /** Commit of the deploy branch; undefined when there is none. */
  readonly branch: string | undefined;
  readonly builds: readonly BuildFact[];
  readonly releases: readonly ReleaseFact[];
  /** Build ids of hidden refs. */
  readonly hiddenRefs: readonly string[];
  /** Lock files in the repository. */
  readonly locks: readonly string[];
  readonly openAttempts: number;
  readonly retiring: number;
  /** What the router answers for the app's host: the release that answered, or the status of a page. */
  readonly answer: { readonly status: number; readonly release?: number };
}

export interface BuildFact {
  readonly id: string;
  readonly number: number;
  readonly commit: string;
  readonly state: string;
  readonly log: string;
}

export interface ReleaseFact {
  readonly id: string;
  readonly number: number;
  readonly buildId: string | null;
  readonly commit: string | null;
  readonly rollout: string;
  /** Order in which rollouts ended; undefined while open. */
  readonly endedAt: number | undefined;
  readonly weight: number;
  readonly replicas: number;
}

export interface ContainerFact {
  readonly app: string;
  readonly release: string;
  readonly kind: string;
  readonly running: boolean;
}

export interface PushFact {
  readonly app: string;
  readonly commit: string;
  readonly code: number;
  /** Build that git printed; undefined when it saw none. */
  readonly build: number | undefined;
}
