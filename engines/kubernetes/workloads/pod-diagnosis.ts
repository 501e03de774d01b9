import type { V1Pod } from '@kubernetes/client-node';
import type { Reason } from '../../../core/reason.ts';
import type { Crash, NoHealth } from '../../replicas/diagnosis.ts';
import type { Listener } from '../../replicas/listeners.ts';
import type { ProbeResult } from '../../replicas/probe.ts';
import { heldUp, imageMissing, nodeLost, type HeldUp, type Whose } from './cluster-reasons.ts';
import type { AskedProcess } from './objects/asked.ts';
import type { Ended, PodFacts } from './pod-facts.ts';

/** What a watch asks of its surroundings. */
export interface WatchedPod {
  readonly pod: V1Pod;
  /** What was asked for of its process; undefined when nobody knows any more. */
  asked(): AskedProcess | undefined;
  /** Resolves when `asked` can tell; also when nobody could be asked in time. */
  askedIsKnown(): Promise<void>;
  /** 1 to n within its process. */
  index(): number;
  /** Last lines of the life of which these say how it ended. */
  lastLines(facts: PodFacts): Promise<string[]>;
  listeners(): Promise<Listener[] | undefined>;
  /** The registry says that it does not have its image. */
  isImageMissing(): Promise<boolean>;
  /** Its status is another. */
  changed(): void;
  /** It was ready for the first time. */
  becameReady(): void;
}

/** A node's words may hide what the registry answered, behind those of another way that it tried afterwards. */
export async function heldUpBy(around: WatchedPod, facts: PodFacts): Promise<HeldUp | undefined> {
  const held = heldUp(facts, whoseOf(around));
  if (held?.reason.code !== 'image_pull_failed' || !(await around.isImageMissing())) return held;
  return imageMissing(whoseOf(around), held.reason.detail ?? []);
}

export function lostNode(around: WatchedPod, facts: PodFacts): Reason | undefined {
  return facts.nodeLost ? nodeLost(whoseOf(around), facts.node) : undefined;
}

export function whoseOf(around: WatchedPod): Whose {
  const asked = around.asked();
  return {
    appName: asked?.appName ?? '',
    release: asked?.releaseNumber ?? 0,
    source: `${asked?.process ?? ''}.${String(around.index())}`,
  };
}

export async function crashOf(around: WatchedPod, ended: Ended, facts: PodFacts): Promise<Crash> {
  return {
    ...whoseOf(around),
    exitCode: ended.exitCode,
    oomKilled: ended.oomKilled,
    memoryBytes: around.asked()?.memoryBytes ?? 0,
    lines: await around.lastLines(facts),
  };
}

/** @param waitedMs for how long it has been waited for so far; absent: for all of its time */
export async function noHealthOf(
  around: WatchedPod,
  asked: AskedProcess,
  last: ProbeResult,
  waitedMs?: number,
): Promise<NoHealth> {
  return {
    ...whoseOf(around),
    port: asked.port,
    path: asked.health.path,
    seconds: waitedMs === undefined ? asked.health.timeoutSeconds : Math.round(waitedMs / 1_000),
    last,
    listeners: await around.listeners(),
  };
}
