/** What can be seen of a platform from outside its processes after things have settled, and what its users were told. */
export interface Facts extends Told {
  readonly apps: readonly AppFacts[];
  /** Apps that were destroyed and still have a row. */
  readonly destroyed: readonly string[];
  /** Containers with this installation's label, of any app. */
  readonly containers: readonly ContainerFact[];
  /** Everything else that carries an app's id: networks, images, repositories, logs, routes. */
  readonly traces: readonly TraceFact[];
  /** Counts up each time a server opens the journal. */
  readonly generation: number;
  /** Places that hold a secret in plain text, beside the containers of its own app. */
  readonly leaks: readonly string[];
  /** git processes that still work on a repository, by their command lines. */
  readonly gitProcesses: readonly string[];
  /** What a process that is gone has left in the data folder as if it still ran. */
  readonly abandoned: readonly string[];
  /** Messages in the queue to the builders. */
  readonly jobs: readonly JobFact[];
}

/** What only the one who drove the platform can know. */
export interface Told {
  readonly pushes: readonly PushFact[];
  /** What must be true in the end. */
  readonly wishes: readonly WishFact[];
  readonly visits: readonly VisitsFact[];
  /** Commits by the token that their pages show. */
  readonly tokens: readonly TokenFact[];
  /** Releases that were seen live, in their canary or promoting: `<app id> v<number>`. */
  readonly served: ReadonlySet<string>;
  readonly secrets: readonly SecretFact[];
  /** How often a server was started on this data folder, second servers not counted. */
  readonly serverStarts: number;
  readonly secondServers: readonly SecondServerFact[];
  readonly rollbacks: readonly RollbackFact[];
  readonly readers: readonly ReaderFact[];
  readonly canaries: readonly CanarySeen[];
  /** The disk was full once: what ended builds have kept may have been let go. */
  readonly diskWasFull: boolean;
}

export const NOTHING_TOLD: Told = {
  pushes: [],
  wishes: [],
  visits: [],
  tokens: [],
  served: new Set(),
  secrets: [],
  serverStarts: Number.POSITIVE_INFINITY,
  secondServers: [],
  rollbacks: [],
  readers: [],
  canaries: [],
  diskWasFull: false,
};

export interface AppFacts {
  readonly id: string;
  readonly name: string;
  readonly liveReleaseId: string | null;
  /** Commit of the deploy branch; undefined when there is none. */
  readonly branch: string | undefined;
  readonly builds: readonly BuildFact[];
  /** Numbers of the builds that the API lists. */
  readonly listed: readonly number[];
  readonly releases: readonly ReleaseFact[];
  /** Build ids of hidden refs, with the commit that each keeps. */
  readonly hiddenRefs: readonly { readonly build: string; readonly commit: string }[];
  /** What git finds wrong with the repository's objects. */
  readonly damage: readonly string[];
  /** Lock files in the repository. */
  readonly locks: readonly string[];
  readonly openAttempts: number;
  readonly retiring: number;
  /** Config as the API gives it. */
  readonly config: Readonly<Record<string, string>>;
  /** What the router answers for the app's host: the release that answered, or the status of a page. */
  readonly answer: {
    readonly status: number;
    readonly release?: number;
    readonly token?: string;
    readonly setting?: string;
  };
  readonly route: RouteFact;
}

export interface BuildFact {
  readonly id: string;
  readonly number: number;
  readonly commit: string;
  readonly state: string;
  /** From 1; the one that runs or is to run next. */
  readonly attempt: number;
  readonly log: string;
}

export interface ReleaseFact {
  readonly id: string;
  readonly number: number;
  readonly buildId: string | null;
  readonly commit: string | null;
  readonly rollout: string;
  readonly weight: number;
  readonly replicas: number;
  /** Why it ended as it did; undefined when it went well, or is under way. */
  readonly reason?: string;
  /** Its canary policy; undefined when it has none. */
  readonly canary?: {
    readonly steps: readonly number[];
    readonly bakeSeconds: number;
    readonly minRequests: number;
  };
  /** What its rollout told, in order. */
  readonly story: readonly StoryLine[];
}

export interface StoryLine {
  readonly kind: string;
  readonly text: string;
  /** The numbers behind it. */
  readonly evidence?: { readonly seconds: number; readonly canary: { readonly requests: number } };
}

/** What the router keeps on disk, and what HAProxy really holds. */
export interface RouteFact {
  /** Weights above 0 by release id, as the router's file says. */
  readonly kept: Readonly<Record<string, number>>;
  /** The same out of HAProxy's memory; undefined when HAProxy does not know the app. */
  readonly held: Readonly<Record<string, number>> | undefined;
}

export interface ContainerFact {
  readonly app: string;
  readonly release: string;
  readonly kind: string;
  readonly running: boolean;
}

export interface TraceFact {
  readonly what: 'network' | 'image' | 'repository' | 'build log' | 'app log' | 'route';
  /** App id; of a build log the build's. */
  readonly of: string;
}

export interface JobFact {
  readonly build: string;
  readonly attempt: number;
  /** BullMQ's word. */
  readonly state: string;
  /** Since it was first seen by a look, which comes when builds should have ended. */
  readonly seconds: number;
}

export interface PushFact {
  readonly appId: string;
  readonly commit: string;
  readonly code: number;
  /** Build that git printed; undefined when it saw none. */
  readonly build: number | undefined;
  /** The deploy branch just before and just after; undefined: there was none. */
  readonly branchBefore: string | undefined;
  readonly branchAfter: string | undefined;
}

export interface WishFact {
  readonly appId: string;
  readonly commit: string;
  readonly token: string;
  readonly config: Readonly<Record<string, string>>;
  /** It must have gone live by the steps of its canary. */
  readonly byCanary: boolean;
}

/** What visitors of one host saw. */
export interface VisitsFact {
  readonly app: string;
  readonly answers: readonly { readonly release: number; readonly token: string; readonly count: number }[];
  readonly failures: readonly { readonly what: string; readonly count: number }[];
  /** Whether something between visitors and app was struck, so that failures are no wonder. */
  readonly excused: boolean;
}

export interface TokenFact {
  readonly token: string;
  readonly appId: string;
  readonly commit: string;
  /** false: the commit's tests fail. */
  readonly passes: boolean;
}

export interface SecretFact {
  readonly value: string;
  /** The one app whose containers may have it. */
  readonly appId: string;
}

export interface SecondServerFact {
  /** Exit code; undefined: it went on running. */
  readonly code: number | undefined;
  readonly output: string;
}

export interface RollbackFact {
  readonly app: string;
  readonly code: number;
  readonly output: string;
  /** What was wrong with the platform at that time, or had been. */
  readonly during: string;
}

/** A pusher that stopped reading while much was written. */
export interface ReaderFact {
  readonly app: string;
  /** Whether the build went on to its end meanwhile. */
  readonly buildEnded: boolean;
  /** By how much the part that feeds it grew, in MB. */
  readonly grownMb: Readonly<Record<string, number>>;
}

/** One step of a canary as seen from outside, by the monotonic clock. */
export interface CanarySeen {
  readonly appId: string;
  readonly release: number;
  readonly step: number;
  readonly weight: number;
  /** Seconds from the first to the last sight of this step. */
  readonly seconds: number;
  /** false: it was not seen from its beginning to its end. */
  readonly whole: boolean;
}
