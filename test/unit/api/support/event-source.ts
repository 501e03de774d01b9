import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { onTestFinished, vi } from 'vitest';
import { PERSON_HEADER } from '../../../../core/contracts/internal.ts';
import type { PersonRow } from '../../../../server/store/people.ts';
import type { Platform } from './platform.ts';
import { responseOf } from './raw-request.ts';

export interface Event {
  readonly id: string;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** What a browser's EventSource does with an answer: events by their blank lines, and the id that was seen last. */
export class EventSource {
  readonly events: Event[] = [];
  readonly response: IncomingMessage;
  lastEventId: string | undefined;
  /** Resolves with whether the answer was whole. */
  readonly ended: Promise<boolean>;

  private constructor(response: IncomingMessage) {
    this.response = response;
    let held = '';
    response.setEncoding('utf8').on('data', (text: string) => {
      const pieces = (held + text).split('\n\n');
      held = pieces.pop() ?? '';
      for (const piece of pieces) this.#take(piece);
    });
    response.on('error', () => undefined);
    this.ended = once(response, 'close').then(() => response.complete);
    onTestFinished(() => void response.destroy());
  }

  static async open(
    platform: Platform,
    path: string,
    by: PersonRow,
    lastEventId?: string,
  ): Promise<EventSource> {
    const headers = {
      Accept: 'text/event-stream',
      [PERSON_HEADER]: by.id,
      ...(lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId }),
    };
    const asked = request({ socketPath: platform.socketPath, path, headers, agent: false });
    asked.on('error', () => undefined).end();
    const response = await responseOf(asked);
    if (response.statusCode !== 200) throw new Error(`answered ${String(response.statusCode)}`);
    return new EventSource(response);
  }

  async has(count: number): Promise<Event[]> {
    await vi.waitFor(() => {
      if (this.events.length < count) throw new Error(`${this.events.length} events`);
    });
    return this.events;
  }

  close(): void {
    this.response.destroy();
  }

  #take(piece: string): void {
    const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(piece)?.[1];
    const id = field('id');
    const data = field('data');
    this.lastEventId = id ?? this.lastEventId;
    if (data === undefined || id === undefined) return;
    this.events.push({ id, event: field('event') ?? 'message', data: JSON.parse(data) as Event['data'] });
  }
}
