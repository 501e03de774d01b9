import { Event, type EventType } from '../core/contracts/resources.ts';
import type { BuildState } from '../core/build.ts';
import type { Reason } from '../core/reason.ts';
import { redactAll } from '../core/redaction/redact-all.ts';
import type { RolloutEventKind, RolloutState } from '../core/rollout.ts';
import { nameOf } from './access/principal.ts';
import { iso, optional } from './api/present/time.ts';
import { weightPercent } from './canary-facts.ts';
import { configChanges } from './config-changes.ts';
import type { BuildRow } from './store/builds.ts';
import type { ReleaseRow } from './store/releases.ts';
import type { Store } from './store/store.ts';

/** What of an event's subject was so when it happened, as the trigger wrote it. */
export interface BuildFacts {
  readonly state: BuildState;
  readonly attempt: number;
  readonly reason: Reason | null;
  readonly supersededBy: number | null;
}
export interface RolloutFacts {
  readonly state: RolloutState;
  readonly step: number;
  readonly weight: number;
  readonly reason: Reason | null;
  readonly supersededBy: number | null;
  /** Absent in what older versions wrote. */
  readonly paused?: 0 | 1;
  readonly held?: 0 | 1;
}

/** As the journal has it, for the streams and for others. */
export interface Happened {
  readonly at: number;
  readonly app_id: string;
  readonly type: string;
  readonly subject: string;
  readonly facts: string;
}

/**
 * An event for people and programs, without secrets. What can change is as it was then.
 * @returns undefined when what it is about is gone
 */
export function eventOf(store: Store, id: string, happened: Happened): Event | undefined {
  const app = store.apps.byId(happened.app_id);
  const data = app && dataOf(store, happened);
  if (!app || !data) return undefined;
  // Parsed, so that nothing leaves that the contract does not name.
  const event = Event.parse({
    type: happened.type as EventType,
    id,
    at: iso(happened.at),
    app: { id: app.id, name: app.name },
    data,
  });
  return { ...event, data: redactAll(store.redactors.of(app.id), event.data) };
}

function dataOf(store: Store, event: Happened): Event['data'] | undefined {
  const [topic] = event.type.split('.');
  if (topic === 'app') return { app: appAt(event.facts) };
  if (event.type === 'rollout.note') return noteAt(store, event);
  if (topic === 'build') {
    const build = store.builds.byId(event.subject);
    return build && { build: buildAt(store, build, JSON.parse(event.facts) as BuildFacts) };
  }
  if (topic === 'release') {
    const release = store.releases.byId(event.subject);
    return release && { release: releaseOf(store, release) };
  }
  if (topic === 'rollout') return rolloutAt(store, event);
  if (topic === 'config') return configAt(store, event);
  return {};
}

type Data = Required<Event['data']>;

function buildAt(store: Store, build: BuildRow, facts: BuildFacts): Data['build'] {
  return {
    number: build.number,
    commit: build.commit_id,
    branch: build.branch,
    source: build.source,
    person: nameOf(store.people, build.person_id),
    state: facts.state,
    attempt: facts.attempt,
    ...optional('reason', withoutDetail(facts.reason)),
    ...optional('supersededBy', facts.supersededBy),
  };
}

function releaseOf(store: Store, release: ReleaseRow): Data['release'] {
  const build = release.build_id === null ? undefined : store.builds.byId(release.build_id);
  return {
    number: release.number,
    source: release.source,
    description: release.description,
    person: nameOf(store.people, release.person_id),
    ...optional('commit', release.commit_id),
    ...optional('build', build?.number),
    ...optional('rollbackOf', release.rollback_of),
  };
}

function appAt(facts: string): Data['app'] {
  const { name, maintenance } = JSON.parse(facts) as { name: string; maintenance: 0 | 1 };
  return { name, maintenance: maintenance === 1 };
}

function noteAt(store: Store, { subject, facts }: Happened): Event['data'] | undefined {
  const rollout = store.rollouts.byId(subject);
  if (!rollout) return undefined;
  const note = JSON.parse(facts) as { about: RolloutEventKind; text: string };
  return { release: releaseOf(store, store.releases.require(rollout.release_id)), note };
}

function rolloutAt(store: Store, { subject, facts }: Happened): Event['data'] | undefined {
  const rollout = store.rollouts.byId(subject);
  if (!rollout) return undefined;
  const { state, step, weight, reason, supersededBy, paused, held } = JSON.parse(facts) as RolloutFacts;
  return {
    release: releaseOf(store, store.releases.require(rollout.release_id)),
    rollout: {
      state,
      ...optional('step', state === 'canary' ? step + 1 : undefined),
      weight: weightPercent(weight),
      paused: paused === 1,
      held: held === 1,
      ...optional('reason', withoutDetail(reason)),
      ...optional('supersededBy', supersededBy),
    },
  };
}

function configAt(store: Store, { app_id: id, subject }: Happened): Event['data'] | undefined {
  const version = Number(subject);
  const made = store.configs.made(id, version);
  if (!made) return undefined;
  const changes = configChanges(
    store.configs.at({ id }, version - 1).entries,
    store.configs.at({ id }, version).entries,
  );
  return { config: { version, person: nameOf(store.people, made.personId), ...changes } };
}

/** Details quote logs, which are for those who may read them. */
function withoutDetail(reason: Reason | null): Data['build']['reason'] | undefined {
  if (reason === null) return undefined;
  const { code, message, hint } = reason;
  return { code, message, ...optional('hint', hint) };
}
