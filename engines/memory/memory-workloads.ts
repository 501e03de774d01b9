import type { PinnedReference } from '../../core/image-reference.ts';
import { imageNotFound } from '../image-refusals.ts';
import type {
  AppRef,
  BuiltImage,
  EngineUsage,
  KeptRelease,
  ListedReplica,
  LogLine,
  LogOptions,
  OneOff,
  OneOffCommand,
  OneOffState,
  ProcessSpec,
  ReleaseSpec,
  Replica,
  Workloads,
} from '../port.ts';
import { crashedOnStart, neverHealthy } from '../replicas/diagnosis.ts';
import { readMemoryLog } from './memory-logs.ts';
import { runMemoryOneOff } from './memory-one-off.ts';
import { MemoryEngine, type MemoryReplica } from './memory-engine.ts';

const MEMORY_BYTES = 64 * 1024 * 1024;

/** `Workloads` without containers, for tests of what stands above it. Nothing here waits for a clock. */
export class MemoryWorkloads implements Workloads {
  readonly engine: MemoryEngine;

  constructor(engine = new MemoryEngine()) {
    this.engine = engine;
  }

  async prepareApp(app: AppRef): Promise<void> {
    this.reach();
    this.engine.networks.add(app.id);
  }

  async ensure(release: ReleaseSpec): Promise<void> {
    this.reach();
    this.engine.networks.add(release.app.id);
    this.engine.configured.set(release.releaseId, release.app.id);
    const wanted = new Set<string>();
    for (const process of release.processes) {
      for (let index = 1; index <= process.replicas; index += 1) {
        const there = this.engine.find({ releaseId: release.releaseId, process: process.type, index })[0];
        wanted.add((there ?? this.create(release, process, index, 1)).shown.name);
      }
    }
    for (const { shown } of this.engine.find({ releaseId: release.releaseId })) {
      if (wanted.has(shown.name)) continue;
      this.engine.replicas.delete(shown.name);
      this.engine.changed(release.app.id);
    }
  }

  async observe(appId?: string): Promise<Replica[]> {
    this.reach();
    return this.engine.find(appId === undefined ? {} : { appId }).map(({ shown }) => shown);
  }

  async list(): Promise<ListedReplica[]> {
    this.reach();
    return this.engine.find({}).map(({ shown }) => ({
      appId: shown.appId,
      releaseId: shown.releaseId,
      process: shown.process,
      index: shown.index,
      name: shown.name,
      ...(shown.address && { address: shown.address }),
      running: ['starting', 'ready', 'unhealthy'].includes(shown.state),
    }));
  }

  watch(changed: (appId: string) => void): () => void {
    return this.engine.onChange(changed);
  }

  async restart(release: ReleaseSpec, processType?: string): Promise<void> {
    this.reach();
    for (const process of release.processes) {
      if (processType !== undefined && process.type !== processType) continue;
      for (let index = 1; index <= process.replicas; index += 1) {
        const old = this.engine.find({ releaseId: release.releaseId, process: process.type, index });
        const generation = Math.max(0, ...old.map(({ shown }) => generationOf(shown.name))) + 1;
        this.create(release, process, index, generation);
        await Promise.resolve();
        for (const { shown } of old) this.engine.replicas.delete(shown.name);
        this.engine.changed(release.app.id);
      }
    }
  }

  async removeRelease(app: AppRef, releaseId: string): Promise<void> {
    this.reach();
    for (const { shown } of this.engine.find({ appId: app.id, releaseId })) {
      this.engine.replicas.delete(shown.name);
    }
    this.engine.configured.delete(releaseId);
    this.engine.changed(app.id);
  }

  async kept(appId?: string): Promise<KeptRelease[]> {
    this.reach();
    const all = [...this.engine.configured].map(([releaseId, of]) => ({ appId: of, releaseId }));
    return appId === undefined ? all : all.filter((one) => one.appId === appId);
  }

  async removeApp(appId: string): Promise<void> {
    this.reach();
    const replicas = this.engine.find({ appId });
    for (const { shown } of replicas) this.engine.replicas.delete(shown.name);
    for (const { releaseId } of await this.kept(appId)) this.engine.configured.delete(releaseId);
    for (const [name, oneOff] of this.engine.oneOffs) {
      if (oneOff.appId === appId) this.engine.oneOffs.delete(name);
    }
    this.engine.networks.delete(appId);
    for (const { image } of await this.images(appId)) await this.removeImage(appId, image);
    this.engine.images.delete(appId);
    this.engine.lines.delete(appId);
    if (replicas.length > 0) this.engine.changed(appId);
  }

  async run(release: ReleaseSpec, command: OneOffCommand): Promise<OneOff> {
    this.reach();
    this.engine.configured.set(release.releaseId, release.app.id);
    return runMemoryOneOff(this.engine, release, command);
  }

  async findOneOff(appId: string, key: string): Promise<OneOffState | undefined> {
    this.reach();
    const found = this.engine.oneOffs.get(`${appId}/${key}`);
    if (found === undefined) return undefined;
    if (found.unbegun === true) return { state: 'unbegun' };
    return found.code === undefined ? { state: 'running' } : { state: 'exited', code: found.code };
  }

  async endOneOff(appId: string, key: string): Promise<void> {
    this.reach();
    const found = this.engine.oneOffs.get(`${appId}/${key}`);
    if (found !== undefined && found.code === undefined) found.kill();
  }

  logs(app: AppRef, options: LogOptions): AsyncIterable<LogLine> {
    this.reach();
    return readMemoryLog(this.engine, app.id, options);
  }

  async adoptImage(app: AppRef, { name }: PinnedReference, signal: AbortSignal): Promise<BuiltImage> {
    this.reach();
    signal.throwIfAborted();
    const there = this.engine.registry.get(name);
    if (there === undefined) throw imageNotFound(name);
    const held = this.engine.images.get(app.id) ?? [];
    if (!held.some(({ image }) => image === name)) {
      this.engine.images.set(app.id, [...held, { image: name, sizeBytes: 1, createdAt: this.engine.tick() }]);
    }
    return { image: name, sizeBytes: 1, ...there };
  }

  async images(appId: string): Promise<{ image: string; sizeBytes: number; createdAt: number }[]> {
    this.reach();
    return [...(this.engine.images.get(appId) ?? [])];
  }

  async removeImage(appId: string, image: string): Promise<void> {
    const held = await this.images(appId);
    this.engine.images.set(
      appId,
      held.filter((one) => one.image !== image),
    );
    // As BuildKit does: layers stay in the cache when their image goes.
    for (const one of held) if (one.image === image) this.engine.cacheBytes += one.sizeBytes;
  }

  async usage(): Promise<EngineUsage> {
    this.reach();
    const images = [...this.engine.images.values()].flat();
    const lines = [...this.engine.lines.values()].flat();
    return {
      images: images.reduce((sum, image) => sum + image.sizeBytes, 0),
      buildCache: this.engine.cacheBytes,
      otherCache: 0,
      appLogs: lines.reduce((sum, line) => sum + line.text.length, 0),
    };
  }

  async trimBuildCache(bytes: number): Promise<number> {
    this.reach();
    const freed = Math.min(bytes, this.engine.cacheBytes);
    this.engine.cacheBytes -= freed;
    return freed;
  }

  async sweep(appIds: ReadonlySet<string>): Promise<void> {
    this.reach();
    const found = [
      ...this.engine.find({}).map(({ shown }) => shown.appId),
      ...[...this.engine.oneOffs.values()].map((oneOff) => oneOff.appId),
      ...this.engine.networks,
      ...this.engine.images.keys(),
      ...this.engine.lines.keys(),
    ];
    for (const appId of new Set(found)) if (!appIds.has(appId)) await this.removeApp(appId);
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }

  private reach(): void {
    if (this.engine.away !== undefined) throw this.engine.away;
  }

  private create(
    release: ReleaseSpec,
    process: ProcessSpec,
    index: number,
    generation: number,
  ): MemoryReplica {
    const { app, releaseId, releaseNumber } = release;
    const name = `sluice-${app.id}-v${releaseNumber}-${process.type}-${index}-g${generation}`;
    const replica: MemoryReplica = {
      app,
      releaseNumber,
      shown: {
        appId: app.id,
        releaseId,
        process: process.type,
        index,
        name,
        state: 'starting',
        restarts: 0,
        startedAt: this.engine.tick(),
        ...(process.type === 'web'
          ? { address: { host: this.engine.nextAddress(), port: release.port } }
          : {}),
      },
    };
    this.engine.replicas.set(name, replica);
    this.turnOut(release, replica);
    return replica;
  }

  private turnOut(release: ReleaseSpec, replica: MemoryReplica): void {
    const { app } = release;
    const source = `${replica.shown.process}.${replica.shown.index}`;
    const say = (text: string): void =>
      this.engine.write(app.id, { release: release.releaseNumber, source, text });
    const started = `started v${release.releaseNumber}`;
    const facts = { appName: app.name, release: release.releaseNumber, source };
    say(started);
    switch (this.engine.behaviourOf(release)) {
      case 'healthy':
        this.engine.show(replica, { ...replica.shown, state: 'ready' });
        return;
      case 'crashes': {
        say('about to crash');
        const lines = [started, 'about to crash'];
        const crash = { ...facts, exitCode: 7, oomKilled: false, memoryBytes: MEMORY_BYTES, lines };
        this.engine.show(replica, { ...replica.shown, state: 'failed', reason: crashedOnStart(crash) });
        return;
      }
      case 'answers-503': {
        const { port, health } = release;
        const last = { ok: false, status: 503 };
        const asked = { port, path: health.path, seconds: health.timeoutSeconds, last, listeners: undefined };
        const reason = neverHealthy({ ...facts, ...asked });
        this.engine.show(replica, { ...replica.shown, state: 'failed', reason });
        return;
      }
      case 'waits':
        this.engine.changed(app.id);
    }
  }
}

function generationOf(name: string): number {
  return Number(/-g(\d+)$/.exec(name)?.[1] ?? 1);
}
