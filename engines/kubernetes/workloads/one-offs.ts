import { createHash } from 'node:crypto';
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import { Refusal } from '../../../core/reason.ts';
import { oneOffExists } from '../../one-off-exists.ts';
import type { OneOff, OneOffCommand, OneOffState, ReleaseSpec } from '../../port.ts';
import type { Cluster } from '../api/cluster.ts';
import { ClusterRefused, unless } from '../api/errors.ts';
import { ANNOTATION, appNamespace, LABEL } from '../labels.ts';
import type { AppSpaces } from './app-spaces.ts';
import { Attachment } from './attachment.ts';
import { heldUp, neverStarted } from './cluster-reasons.ts';
import type { Fleet } from './fleet.ts';
import type { ResourceLimits } from './objects/asked.ts';
import { notBegun } from './not-begun.ts';
import { KEPT_SECONDS, oneOffObject } from './objects/one-off-objects.ts';
import { refuseRoot } from './objects/pod-spec.ts';
import {
  byAge,
  exitOf,
  isOfJob,
  KILLED,
  placeOf,
  podAt,
  untilPod,
  type Exit,
  type OneOffPlace,
} from './one-off-pod.ts';
import { podFacts } from './pod-facts.ts';
import type { PodPlace } from './pod-logs.ts';
import { untilRefused } from './refused-pod.ts';

export interface OneOffParts {
  readonly cluster: Cluster;
  readonly installationId: string;
  readonly limits: ResourceLimits;
  readonly fleet: Fleet;
  readonly spaces: AppSpaces;
  /** Makes the app's namespace and the release's environment. */
  readonly prepare: (release: ReleaseSpec) => Promise<void>;
}

/** As what people see it. */
const SOURCE = 'run.1';
/** Exit codes above it are of what a signal ended. */
const SIGNALLED = 128;
/** Milliseconds of silence after which nothing more comes of what a container wrote before it ended. */
const LAST_WORDS_MS = 5_000;
/** Seconds between SIGTERM and SIGKILL for one that is killed. */
const KILL_GRACE_SECONDS = 1;
/** Milliseconds until a command must run: an image may have to be pulled. */
const START_MS = 300_000;
/** Milliseconds until one that is killed must have ended: a node that does not answer is found out within 40 s. */
const END_MS = 60_000;

/** One-off commands: `sluice run` is a pod, a release phase a Job, which the cluster runs at most once. */
export class OneOffs {
  private readonly parts: OneOffParts;
  /** Jobs that this process is about to let begin. */
  private readonly beginning = new Set<string>();
  /** Those that this process started, until they have ended. */
  private readonly followed = new Set<string>();
  /** Exit codes of those whose pod may still be there for a while. */
  private readonly ended = new Map<string, number>();

  constructor(parts: OneOffParts) {
    this.parts = parts;
  }

  /**
   * Starts a command with its streams attached. Of a Procfile command (a string) it is known how it ended for an hour;
   * another is removed once its exit code was read.
   * @throws Refusal `one_off_exists` when there is one of this key
   * @throws NotBegun when it could not be started
   */
  async run(release: ReleaseSpec, command: OneOffCommand): Promise<OneOff> {
    refuseRoot(release.user);
    const key = `${release.app.id}/${oneOffName(command.key)}`;
    if (this.beginning.has(key)) throw oneOffExists(release, command.key);
    this.beginning.add(key);
    try {
      return await this.begin(release, command, key);
    } finally {
      this.beginning.delete(key);
    }
  }

  async find(appId: string, key: string): Promise<OneOffState | undefined> {
    const { cluster, installationId, spaces } = this.parts;
    if (!(await spaces.has(appId))) return undefined;
    const namespace = appNamespace(installationId, appId);
    const name = oneOffName(key);
    const code = this.ended.get(`${appId}/${name}`);
    if (code !== undefined) return { state: 'exited', code };
    const job = await cluster.read<V1Job>({ apiVersion: 'batch/v1', kind: 'Job', namespace, name });
    if (job === undefined) {
      const pod = await cluster.read<V1Pod>({ apiVersion: 'v1', kind: 'Pod', namespace, name });
      return pod === undefined ? undefined : stateOf(pod);
    }
    if (isUnbegun(job)) {
      if (this.beginning.has(`${appId}/${name}`)) return { state: 'running' };
      // Its pod may still wait at the gate.
      await this.kill(namespace, name);
      return { state: 'unbegun' };
    }
    const pods = await this.podsOf(namespace, name);
    const [pod] = pods.filter((one) => isOfJob(job.metadata?.uid, one)).toSorted(byAge);
    const ended = job.status?.conditions?.find(
      ({ type, status }) => ['Complete', 'Failed'].includes(type) && status === 'True',
    );
    const state = pod === undefined ? undefined : stateOf(pod);
    if (state?.state === 'exited') return state;
    if (ended !== undefined) return { state: 'exited', code: ended.type === 'Complete' ? 0 : KILLED };
    if (pod !== undefined) return { state: 'running' };
    return { state: 'exited', code: (job.status?.succeeded ?? 0) > 0 ? 0 : KILLED };
  }

  async end(appId: string, key: string): Promise<void> {
    if (!(await this.parts.spaces.has(appId))) return;
    await this.kill(appNamespace(this.parts.installationId, appId), oneOffName(key));
  }

  /**
   * Removes what a server left that ended before it could, also what still runs and nobody hears: its input has ended.
   * Whoever sweeps holds the journal, which is held by one server only, so that what it did not start itself is of one
   * that is gone.
   * @param now milliseconds since 1970
   */
  async sweep(now: number): Promise<void> {
    const before = now - KEPT_SECONDS * 1_000;
    for (const pod of await this.parts.fleet.pods.current()) {
      const { labels = {}, ownerReferences, name = '', namespace = '', uid = '' } = pod.metadata ?? {};
      const { ended, phase, leaving } = podFacts(pod);
      // A Procfile command goes on without its server: the next one asks how it ended.
      if (labels[LABEL.kind] !== 'oneoff' || ownerReferences !== undefined || leaving) continue;
      const isOver = phase === 'over' && (ended?.at ?? 0) < before;
      if (isOver || (phase !== 'over' && !this.followed.has(`${labels[LABEL.app] ?? ''}/${name}`))) {
        await this.parts.cluster.remove({ apiVersion: 'v1', kind: 'Pod', namespace, name }, { uid });
      }
    }
  }

  private async begin(release: ReleaseSpec, command: OneOffCommand, key: string): Promise<OneOff> {
    await this.parts.prepare(release).catch((error: unknown) => {
      throw notBegun(error, SOURCE);
    });
    const isJob = typeof command.command === 'string';
    const name = oneOffName(command.key);
    let mayRun = false;
    this.followed.add(key);
    try {
      const { uid } = await this.create(release, command, { name, isJob });
      const asked = { namespace: appNamespace(this.parts.installationId, release.app.id), name, job: uid };
      return await this.attach(release, command, { asked, isJob, mayRun: () => (mayRun = true) });
    } catch (error) {
      if (isExisting(error)) throw oneOffExists(release, command.key);
      this.followed.delete(key);
      // A Procfile command that may have begun goes on: who asks by its key is told how it ended.
      if (!(mayRun && isJob)) await this.remove(release.app.id, name, isJob).catch(() => undefined);
      throw mayRun ? error : notBegun(error, SOURCE);
    }
  }

  private async create(
    release: ReleaseSpec,
    command: OneOffCommand,
    { name, isJob }: { name: string; isJob: boolean },
  ): Promise<{ uid: string | undefined }> {
    const { cluster, installationId, limits } = this.parts;
    const wanted = oneOffObject(installationId, release, command, { name, limits });
    try {
      return { uid: (await cluster.create(wanted)).metadata?.uid };
    } catch (error) {
      const namespace = appNamespace(installationId, release.app.id);
      if (!isJob || !isExisting(error) || !(await this.isRemovedUnbegun(namespace, name))) throw error;
      return { uid: (await cluster.create(wanted)).metadata?.uid };
    }
  }

  /** Takes away a Job of a server that died before it let it begin. @returns false when it may have begun */
  private async isRemovedUnbegun(namespace: string, name: string): Promise<boolean> {
    const { cluster } = this.parts;
    const id = { apiVersion: 'batch/v1', kind: 'Job', namespace, name };
    const job = await cluster.read<V1Job>(id);
    if (job === undefined) return true;
    if (!isUnbegun(job)) return false;
    await this.kill(namespace, name);
    await cluster.remove(id, { uid: job.metadata?.uid ?? '' });
    return true;
  }

  private async attach(
    release: ReleaseSpec,
    command: OneOffCommand,
    { asked, isJob, mayRun }: { asked: OneOffPlace; isJob: boolean; mayRun: () => void },
  ): Promise<OneOff> {
    const { cluster } = this.parts;
    const { namespace, name } = asked;
    const place = await this.untilRunning(release, asked, isJob);
    const attachment = await Attachment.open(cluster, place, command.tty);
    if (command.tty && command.columns !== undefined && command.rows !== undefined) {
      await attachment.resize(command.columns, command.rows);
    }
    const exit = this.exit(`${release.app.id}/${name}`, place, attachment, isJob);
    // Callers may never look at how it ended.
    exit.catch(() => undefined).finally(() => this.followed.delete(`${release.app.id}/${name}`));
    await attachment.heard();
    // Before it begins: one that runs must never look as if it had not. Of one that does not begin after all, as the
    // server dies in between, the gate's input ends, and so does the gate.
    command.begins?.();
    if (isJob) await this.noteBegun(namespace, name);
    mayRun();
    await attachment.go();
    return {
      stream: attachment.stream,
      ...(attachment.stderr === undefined ? {} : { stderr: attachment.stderr }),
      resize: (columns, rows) => attachment.resize(columns, rows),
      exit,
      kill: () => this.kill(namespace, name),
    };
  }

  private async noteBegun(namespace: string, name: string): Promise<void> {
    await this.parts.cluster.merge<V1Job>({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { namespace, name, annotations: { [ANNOTATION.begun]: 'yes' } },
    });
  }

  /**
   * @param asked the pod, or the Job that makes it
   * @throws Refusal that says why it does not run
   */
  private async untilRunning(release: ReleaseSpec, asked: OneOffPlace, isJob: boolean): Promise<PodPlace> {
    const { cluster, fleet } = this.parts;
    const whose = { appName: release.app.name, release: release.releaseNumber, source: SOURCE };
    let why = heldUp(podFacts({}), whose);
    const look = (pod: V1Pod | undefined): PodPlace | undefined => {
      if (pod === undefined) return undefined;
      const facts = podFacts(pod);
      if (facts.phase === 'running') return placeOf(pod);
      if (facts.leaving || facts.phase === 'over' || facts.phase === 'ended') {
        throw Refusal.of(422, neverStarted(whose, facts.ended?.message ?? ''));
      }
      why = heldUp(facts, whose) ?? why;
      if (why?.lasting !== true) return undefined;
      throw Refusal.of(422, why.reason);
    };
    const over = new AbortController();
    const { signal } = over;
    const hasPod = (): boolean => podAt(fleet, asked) !== undefined;
    try {
      return await Promise.race([
        untilPod(fleet, asked, look, { ms: START_MS, until: 'start', signal }),
        ...(isJob ? [untilRefused(cluster, asked, { source: SOURCE, hasPod, signal })] : []),
      ]);
    } catch (error) {
      if (error instanceof Refusal || why === undefined) throw error;
      throw Refusal.of(503, why.reason);
    } finally {
      over.abort();
    }
  }

  private async exit(key: string, place: PodPlace, attachment: Attachment, keep: boolean): Promise<Exit> {
    const seen = untilPod(this.parts.fleet, place, exitOf);
    // Why one was killed is in its status only, and one that was told to end may say that it ended well.
    const heard = attachment.ended.then(async (code) =>
      code > SIGNALLED || (await this.isLeaving(place)) ? seen : { code, oomKilled: false },
    );
    const exit = await Promise.race([seen, heard]);
    this.ended.set(key, exit.code);
    void seen.catch(() => undefined).then(() => this.ended.delete(key));
    // What it wrote last may still be on its way.
    await attachment.untilQuiet(LAST_WORDS_MS);
    attachment.close();
    if (!keep) {
      const pod = { apiVersion: 'v1', kind: 'Pod', ...place };
      // How it ended is known: one that cannot be removed now is swept later.
      await this.parts.cluster.remove(pod, { graceSeconds: KILL_GRACE_SECONDS }).catch(() => undefined);
    }
    return exit;
  }

  /** Asks the API, as the watch may not have told yet. */
  private async isLeaving({ namespace, name }: PodPlace): Promise<boolean> {
    const { cluster, fleet } = this.parts;
    const pod = await cluster
      .read<V1Pod>({ apiVersion: 'v1', kind: 'Pod', namespace, name })
      .catch(() => fleet.pods.get(namespace, name));
    return pod === undefined || podFacts(pod).leaving;
  }

  /** Resolves when no pod of it runs. @throws Error when its end is not seen within `END_MS` */
  private async kill(namespace: string, name: string): Promise<void> {
    const { cluster, fleet } = this.parts;
    await fleet.pods.current();
    await this.endJob(namespace, name);
    const pods = await this.podsOf(namespace, name);
    for (const pod of pods) {
      if (exitOf(pod) !== undefined) continue;
      const { uid = '' } = pod.metadata ?? {};
      await cluster.remove(
        { apiVersion: 'v1', kind: 'Pod', ...placeOf(pod) },
        { graceSeconds: KILL_GRACE_SECONDS, uid },
      );
    }
    const limit = { ms: END_MS, until: 'end' } as const;
    await untilPod(
      fleet,
      { namespace, name },
      (pod) => (exitOf(pod) === undefined ? undefined : true),
      limit,
    );
  }

  /**
   * A Job whose pod is not made yet would make it later, to wait at its gate for ever. One whose time is over makes none,
   * fails, and keeps the pod that has ended, which tells its exit code; a bare pod has no Job.
   */
  private async endJob(namespace: string, name: string): Promise<void> {
    const metadata = { namespace, name };
    const change = { apiVersion: 'batch/v1', kind: 'Job', metadata, spec: { activeDeadlineSeconds: 1 } };
    await unless([404], this.parts.cluster.merge(change));
  }

  private async remove(appId: string, name: string, isJob: boolean): Promise<void> {
    const namespace = appNamespace(this.parts.installationId, appId);
    const kind = isJob ? { apiVersion: 'batch/v1', kind: 'Job' } : { apiVersion: 'v1', kind: 'Pod' };
    await this.parts.cluster.remove({ ...kind, namespace, name }, { graceSeconds: KILL_GRACE_SECONDS });
  }

  private async podsOf(namespace: string, name: string): Promise<V1Pod[]> {
    const bare = await unless(
      [404],
      this.parts.cluster.read<V1Pod>({ apiVersion: 'v1', kind: 'Pod', namespace, name }),
    );
    if (bare !== undefined) return [bare];
    return (await this.parts.cluster.list<V1Pod>('v1', 'Pod', `job-name=${name}`, namespace)).items;
  }
}

/** Keys may hold anything, names of pods may not. */
function oneOffName(key: string): string {
  return `run-${createHash('sha256').update(key).digest('hex').slice(0, 16)}`;
}

function stateOf(pod: V1Pod): { state: 'running' } | { state: 'exited'; code: number } {
  const exit = exitOf(pod);
  return exit === undefined ? { state: 'running' } : { state: 'exited', code: exit.code };
}

function isUnbegun(job: V1Job): boolean {
  return job.metadata?.annotations?.[ANNOTATION.begun] === undefined;
}

function isExisting(error: unknown): boolean {
  return error instanceof ClusterRefused && error.why === 'AlreadyExists';
}
