import { setTimeout as pause } from 'node:timers/promises';
import type Docker from 'dockerode';
import { LABEL } from './labels.ts';

/** Something happened to a container of this installation. */
export interface ContainerEvent {
  readonly containerId: string;
  /** `start`, `die`, `oom`, `destroy`, … */
  readonly action: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of a `die`. */
  readonly exitCode?: number;
}

export interface EventSink {
  /** The stream is open (again): what happened in between may have been missed. */
  connected(): void;
  event(event: ContainerEvent): void;
}

const ACTIONS = ['create', 'start', 'die', 'oom', 'stop', 'kill', 'destroy', 'pause', 'unpause'];
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5_000;

/**
 * Follows the engine's events of one installation until aborted. When the line breaks it connects again, asking
 * for what happened since the last event; between attempts it waits 0.2 to 5 s.
 */
export async function followEvents(
  docker: Docker,
  installationId: string,
  sink: EventSink,
  signal: AbortSignal,
): Promise<void> {
  let since: number | undefined;
  let wait = FIRST_WAIT_MS;
  while (!signal.aborted) {
    try {
      const stream = await open(docker, installationId, since, signal);
      wait = FIRST_WAIT_MS;
      sink.connected();
      for await (const event of objects(stream)) {
        // Nanoseconds pass 2^53: exact to some hundred only, and an event seen twice does no harm.
        since = event.timeNano / 1e9;
        sink.event({
          containerId: event.Actor.ID,
          action: event.Action,
          labels: event.Actor.Attributes,
          ...(event.Action === 'die' ? { exitCode: Number(event.Actor.Attributes['exitCode']) } : {}),
        });
      }
    } catch {
      // A broken line says nothing about containers; `observe` tells callers that the engine is away.
    }
    await pause(wait, undefined, { signal }).catch(() => undefined);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
}

interface EngineEvent {
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Record<string, string> };
  readonly timeNano: number;
}

async function open(docker: Docker, installationId: string, since: number | undefined, signal: AbortSignal) {
  const stream = await docker.getEvents({
    filters: { type: ['container'], label: [`${LABEL.installation}=${installationId}`], event: ACTIONS },
    abortSignal: signal,
    ...(since === undefined ? {} : { since }),
  });
  return stream as unknown as AsyncIterable<Buffer>;
}

async function* objects(stream: AsyncIterable<Buffer>): AsyncGenerator<EngineEvent> {
  let text = '';
  for await (const chunk of stream) {
    const lines = (text + chunk.toString('utf8')).split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as EngineEvent;
  }
}
