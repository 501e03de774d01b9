import { type CommitStatus, commitStatus } from '../../core/outgoing/commit-status.ts';
import { weightPercent } from '../canary-facts.ts';
import type { SourceAddress } from '../sources/address.ts';
import type { Provider } from '../store/linked-repositories.ts';
import type { OutgoingEventRow } from '../store/outgoing.ts';
import type { Store } from '../store/store.ts';
import type { Letter } from './letter.ts';
import type { BuildFacts, RolloutFacts } from '../event-of.ts';

/** The status of a commit, as an event has made it. */
export interface WantedStatus extends CommitStatus {
  readonly commit: string;
}

/** Undefined when the event is about no commit that somebody wanted live. */
export function statusAfter(store: Store, event: OutgoingEventRow): WantedStatus | undefined {
  const [topic] = event.type.split('.');
  const isBuild = topic === 'build';
  if (!isBuild && topic !== 'rollout') return undefined;
  const rollout = isBuild ? undefined : store.rollouts.byId(event.subject);
  const buildId = isBuild ? event.subject : (rollout?.build_id ?? null);
  const build = buildId === null ? undefined : store.builds.byId(buildId);
  // A rollback, or a change of config alone, says nothing of a commit.
  if (!build) return undefined;
  const facts = JSON.parse(event.facts) as BuildFacts | RolloutFacts;
  const status = commitStatus(event.type, {
    build: build.number,
    release: rollout && store.releases.byId(rollout.release_id)?.number,
    weight: 'weight' in facts ? weightPercent(facts.weight) : undefined,
    reason: facts.reason?.message,
  });
  return status && { ...status, commit: build.commit_id };
}

export interface StatusSender {
  readonly provider: Provider;
  readonly address: SourceAddress;
  readonly token: string;
  readonly appName: string;
  /** A page that says more. */
  readonly targetUrl: string;
}

/** GitHub's words: REST API, "Create a commit status"; Gitea has taken them over. */
const GITHUB: Record<CommitStatus['state'], string> = {
  waiting: 'pending',
  running: 'pending',
  good: 'success',
  bad: 'failure',
  over: 'error',
};
/** GitLab's words: Commits API, "Set commit pipeline status". */
const GITLAB: Record<CommitStatus['state'], string> = {
  waiting: 'pending',
  running: 'running',
  good: 'success',
  bad: 'failed',
  over: 'canceled',
};

export function statusLetter(sender: StatusSender, wanted: WantedStatus): Letter {
  const { provider, token } = sender;
  const body = JSON.stringify(provider === 'gitlab' ? forGitLab(sender, wanted) : forGitHub(sender, wanted));
  return {
    url: urlOf(sender, wanted.commit),
    headers: { 'content-type': 'application/json', accept: 'application/json', ...login(provider, token) },
    body,
    // The commit is not there, or the status was set already: asking again changes neither.
    final: [400, 422],
    toSource: true,
  };
}

function forGitHub({ appName, targetUrl }: StatusSender, { state, description }: WantedStatus): object {
  return { state: GITHUB[state], description, context: `sluice/${appName}`, target_url: targetUrl };
}

function forGitLab({ appName, targetUrl }: StatusSender, { state, description }: WantedStatus): object {
  return { state: GITLAB[state], description, name: `sluice/${appName}`, target_url: targetUrl };
}

function login(provider: Provider, token: string): Record<string, string> {
  switch (provider) {
    case 'github':
      return { authorization: `Bearer ${token}`, 'x-github-api-version': '2022-11-28' };
    case 'gitlab':
      return { 'private-token': token };
    case 'gitea':
      return { authorization: `token ${token}` };
  }
}

function urlOf({ provider, address }: StatusSender, commit: string): URL {
  const { path } = address;
  const base = apiBase(provider, address);
  if (provider === 'gitlab')
    return new URL(`${base}/projects/${encodeURIComponent(path)}/statuses/${commit}`);
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  return new URL(`${base}/repos/${encoded}/statuses/${commit}`);
}

/** By SSH a host says nothing of its API, which is then where https is by itself. */
function apiBase(provider: Provider, { protocol, host, url }: SourceAddress): string {
  if (provider === 'github' && host === 'github.com') return 'https://api.github.com';
  const origin = protocol === 'ssh:' ? `https://${new URL(url).hostname}` : new URL(url).origin;
  const paths: Record<Provider, string> = { github: '/api/v3', gitlab: '/api/v4', gitea: '/api/v1' };
  return `${origin}${paths[provider]}`;
}
