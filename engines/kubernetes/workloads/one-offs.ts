import { oneOffExists } from '../../one-off-exists.ts';
import type { OneOff, OneOffCommand, OneOffState, ReleaseSpec } from '../../port.ts';
import type { Cluster } from '../api/cluster.ts';
import { isExisting } from '../api/errors.ts';
import { appNamespace, LABEL } from '../labels.ts';
import type { AppSpaces } from './app-spaces.ts';
import { Attachment } from './attachment.ts';
import { ClusterOneOffs, oneOffName } from './cluster-one-offs.ts';
import type { Fleet } from './fleet.ts';
import { notBegun } from './not-begun.ts';
import type { ResourceLimits } from './objects/asked.ts';
import { KEPT_SECONDS, oneOffObject } from './objects/one-off-objects.ts';
import { refuseRoot } from './objects/pod-spec.ts';
import { exitOf, untilPod, type Exit, type OneOffPlace } from './one-off-pod.ts';
import { SOURCE, untilRunning } from './one-off-start.ts';
import { podFacts } from './pod-facts.ts';
import type { PodPlace } from './pod-logs.ts';

export interface OneOffParts {
  readonly cluster: Cluster;
  readonly installationId: string;
  readonly limits: ResourceLimits;
  readonly fleet: Fleet;
  readonly spaces: AppSpaces;
  /** Makes the app's namespace and the release's environment. */
  readonly prepare: (release: ReleaseSpec) => Promise<void>;
}

/** Exit codes above it are of what a signal ended. */
const SIGNALLED = 128;
/** Milliseconds of silence after which nothing more comes of what a container wrote before it ended. */
const LAST_WORDS_MS = 5_000;

/** One-off commands: `sluice run` is a pod, a release phase a Job, which the cluster runs at most once. */
export class OneOffs {
  private readonly parts: OneOffParts;
  private readonly held: ClusterOneOffs;
  /** Jobs that this process is about to let begin. */
  private readonly beginning = new Set<string>();
  /** Those that this process started, until they have ended. */
  private readonly followed = new Set<string>();
  /** Exit codes of those whose pod may still be there for a while. */
  private readonly ended = new Map<string, number>();

  constructor(parts: OneOffParts) {
    this.parts = parts;
    this.held = new ClusterOneOffs(parts.cluster, parts.fleet);
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
    if (!(await this.parts.spaces.has(appId))) return undefined;
    const place = this.placeOf(appId, key);
    const whose = `${appId}/${place.name}`;
    const code = this.ended.get(whose);
    if (code !== undefined) return { state: 'exited', code };
    const found = await this.held.state(place);
    if (found?.state !== 'unbegun') return found;
    if (this.beginning.has(whose)) return { state: 'running' };
    // Its pod may still wait at the gate.
    await this.held.kill(place);
    return found;
  }

  async end(appId: string, key: string): Promise<void> {
    if (!(await this.parts.spaces.has(appId))) return;
    await this.held.kill(this.placeOf(appId, key));
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
    const { installationId, limits } = this.parts;
    const isJob = typeof command.command === 'string';
    const place = this.placeOf(release.app.id, command.key);
    let mayRun = false;
    this.followed.add(key);
    try {
      const wanted = oneOffObject(installationId, release, command, { name: place.name, limits });
      const { uid } = await this.held.create(wanted, place, isJob);
      const asked = { ...place, job: uid };
      return await this.attach(release, command, { asked, isJob, mayRun: () => (mayRun = true) });
    } catch (error) {
      if (isExisting(error)) throw oneOffExists(release, command.key);
      this.followed.delete(key);
      // A Procfile command that may have begun goes on: who asks by its key is told how it ended.
      if (!(mayRun && isJob)) await this.held.remove(place, isJob).catch(() => undefined);
      throw mayRun ? error : notBegun(error, SOURCE);
    }
  }

  private async attach(
    release: ReleaseSpec,
    command: OneOffCommand,
    { asked, isJob, mayRun }: { asked: OneOffPlace; isJob: boolean; mayRun: () => void },
  ): Promise<OneOff> {
    const own = this.placeOf(release.app.id, command.key);
    const key = `${release.app.id}/${own.name}`;
    const place = await untilRunning(this.parts, release, asked, isJob);
    const attachment = await Attachment.open(this.parts.cluster, place, command.tty);
    if (command.tty && command.columns !== undefined && command.rows !== undefined) {
      await attachment.resize(command.columns, command.rows);
    }
    const exit = this.exit(key, place, attachment, isJob);
    // Callers may never look at how it ended.
    exit.catch(() => undefined).finally(() => this.followed.delete(key));
    await attachment.heard();
    // Before it begins: one that runs must never look as if it had not. Of one that does not begin after all, as the
    // server dies in between, the gate's input ends, and so does the gate.
    command.begins?.();
    if (isJob) await this.held.noteBegun(own);
    mayRun();
    await attachment.go();
    return {
      stream: attachment.stream,
      ...(attachment.stderr === undefined ? {} : { stderr: attachment.stderr }),
      resize: (columns, rows) => attachment.resize(columns, rows),
      exit,
      kill: () => this.held.kill(own),
    };
  }

  private async exit(key: string, place: PodPlace, attachment: Attachment, keep: boolean): Promise<Exit> {
    const seen = untilPod(this.parts.fleet, place, exitOf);
    // Why one was killed is in its status only, and one that was told to end may say that it ended well.
    const heard = attachment.ended.then(async (code) =>
      code > SIGNALLED || (await this.held.isLeaving(place)) ? seen : { code, oomKilled: false },
    );
    const exit = await Promise.race([seen, heard]);
    this.ended.set(key, exit.code);
    void seen.catch(() => undefined).then(() => this.ended.delete(key));
    // What it wrote last may still be on its way.
    await attachment.untilQuiet(LAST_WORDS_MS);
    attachment.close();
    // How it ended is known: one that cannot be removed now is swept later.
    if (!keep) await this.held.remove(place, false).catch(() => undefined);
    return exit;
  }

  /** Of its Job, or of its pod where it has none. */
  private placeOf(appId: string, key: string): PodPlace {
    return { namespace: appNamespace(this.parts.installationId, appId), name: oneOffName(key) };
  }
}
