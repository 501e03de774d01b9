/** What a commit's status says, before a provider's own words for it. `over`: it ended for no fault of the commit. */
export interface CommitStatus {
  readonly state: 'waiting' | 'running' | 'good' | 'bad' | 'over';
  /** One line, at most 140 characters: what GitHub takes. */
  readonly description: string;
}

/** What is known of an event: numbers as people see them, percent, and why it ended. */
export interface StatusFacts {
  readonly build: number;
  readonly release?: number | undefined;
  readonly weight?: number | undefined;
  readonly reason?: string | undefined;
}

const LONGEST = 140;

/**
 * The status that an event gives its commit; undefined: it changes none. A build that is good is not the end: the commit
 * is good once it is live.
 */
export function commitStatus(type: string, facts: StatusFacts): CommitStatus | undefined {
  const { build, release = 0, weight = 0, reason = 'no reason is known' } = facts;
  const status = (state: CommitStatus['state'], text: string): CommitStatus => ({
    state,
    description: text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text,
  });
  switch (type) {
    case 'build.created':
      return status('waiting', `Build ${build} is queued`);
    case 'build.started':
      return status('running', `Build ${build} is under way`);
    case 'build.succeeded':
      return status('running', `Build ${build} is good, its release is on its way`);
    case 'build.failed':
      return status('bad', `Build ${build} failed: ${reason}`);
    case 'build.cancelled':
    case 'build.superseded':
      return status('over', `Build ${build}: ${reason}`);
    case 'rollout.started':
      return status('running', `v${release} is starting`);
    case 'rollout.step':
      return status('running', `v${release} has ${weight} % of the traffic`);
    case 'rollout.promoted':
      return status('good', `v${release} is live`);
    case 'rollout.rolled-back':
      return status('bad', `v${release} was rolled back: ${reason}`);
    case 'rollout.failed':
      return status('bad', `v${release} failed: ${reason}`);
    case 'rollout.cancelled':
    case 'rollout.superseded':
      return status('over', `v${release}: ${reason}`);
    default:
      return undefined;
  }
}
