import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { z } from 'zod';
import { ProbeBody, RouteBody, RouteTable } from '../core/contracts/router.ts';
import type { RouterCounts, RouterStatus } from '../core/contracts/router.ts';
import { Refusal } from '../core/reason.ts';
import type { ReasonCode } from '../core/reasons/reasons.ts';
import type { Traffic, TrafficCounts } from '../engines/port.ts';

export interface RouterApi {
  readonly traffic: Traffic;
  status(): RouterStatus;
  /** Ends HAProxy; the router ends after the answer. */
  shutdown(): Promise<void>;
  /** Something failed that the caller can do nothing about. */
  failed(error: unknown): void;
}

type Answer = object;
const DONE: Answer = {};
/** Bytes: a table of some 10,000 apps. */
const LARGEST_BODY = 64 * 1024 * 1024;

/** The contract of core/contracts/router.ts over HTTP. */
export function createApi(api: RouterApi): Server {
  return createServer((request, response) => {
    void respond(api, request, response);
  });
}

async function respond(api: RouterApi, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    send(response, 200, 'application/json', await answer(api, request));
  } catch (error) {
    const refusal = error instanceof Refusal ? error : unexpected(api, error);
    send(response, refusal.status, 'application/problem+json', {
      type: 'about:blank',
      title: refusal.message,
      status: refusal.status,
      reason: refusal.reason,
    });
  }
}

async function answer(api: RouterApi, request: IncomingMessage): Promise<Answer> {
  const path = (request.url ?? '').split('/').slice(1);
  switch (`${request.method ?? ''} ${path[0] ?? ''} ${String(path.length)}`) {
    case 'PUT routes 2': {
      const route = await read(request, RouteBody, 'invalid_route');
      if (route.appId !== path[1])
        throw new Refusal(422, 'invalid_route', 'the path and the body name different apps');
      await api.traffic.apply(route);
      return DONE;
    }
    case 'DELETE routes 2':
      await api.traffic.remove(path[1] ?? '');
      return DONE;
    case 'PUT routes 1':
      await api.traffic.sync((await read(request, RouteTable, 'invalid_route')).routes);
      return DONE;
    case 'GET counts 1':
      return counted(await api.traffic.counts());
    case 'POST probe 1':
      return api.traffic.probe(await read(request, ProbeBody, 'invalid_probe'));
    case 'GET status 1':
      return api.status();
    case 'POST shutdown 1':
      await api.shutdown();
      return DONE;
    default:
      throw new Refusal(404, 'not_found', 'the router has no such call');
  }
}

function counted({ fresh, releases }: TrafficCounts): RouterCounts {
  return { fresh, releases: releases.map((release) => ({ ...release, latency: [...release.latency] })) };
}

/** @param code of the refusal of a body that is not as the schema says */
async function read<T>(request: IncomingMessage, schema: z.ZodType<T>, code: ReasonCode): Promise<T> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) throw new Refusal(413, 'too_large', 'the body is too large for the router');
    chunks.push(chunk);
  }
  const parsed = schema.safeParse(parseJson(Buffer.concat(chunks).toString()));
  if (!parsed.success) throw new Refusal(422, code, z.prettifyError(parsed.error));
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refusal(400, 'invalid_json', `the body is no JSON: ${(error as Error).message}`);
  }
}

function unexpected(api: RouterApi, error: unknown): Refusal {
  api.failed(error);
  return new Refusal(500, 'router_failed', 'the router could not do it', 'look into its log');
}

function send(response: ServerResponse, status: number, type: string, body: Answer): void {
  response.writeHead(status, { 'content-type': type });
  response.end(JSON.stringify(body));
}
