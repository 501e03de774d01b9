import { documented, operationOf, schemaFaults } from './document.ts';

export interface SeenAnswer {
  readonly method: string;
  /** Path, with or without a query. */
  readonly url: string;
  readonly status: number;
  readonly contentType: string | undefined;
  /** Its beginning, when it was longer than what was kept. */
  readonly body: Buffer;
  /** All of the answer is in `body`. */
  readonly whole: boolean;
}

/** What an answer of the API has that the OpenAPI document does not allow. Paths out of /v1 are nobody's business. */
export function faultsOf(answer: SeenAnswer): string[] {
  const [path = ''] = answer.url.split('?');
  if (!path.startsWith('/v1/') || path === '/v1/openapi.json') return [];
  const operation = operationOf(answer.method, path);
  const faults = operation === undefined ? unrouted(answer) : routed(answer, operation);
  return faults.map((fault) => `${answer.method} ${path} → ${answer.status}: ${fault}`);
}

/** Where there is no operation, or only of other methods, that must be what the answer says. */
function unrouted(answer: SeenAnswer): string[] {
  if (answer.status === 204 && answer.method === 'OPTIONS') return [];
  if (answer.status < 400) return ['no operation of the document is asked, but it succeeds'];
  return problemFaults(answer);
}

function routed(answer: SeenAnswer, operation: Parameters<typeof documented>[0]): string[] {
  const said = documented(operation, answer.status);
  if (said === undefined) return [`the document does not have this status for ${operation.operationId}`];
  const content = Object.entries(said.content ?? {});
  if (answer.method === 'HEAD') return answer.body.length === 0 ? [] : ['an answer to HEAD has no body'];
  if (content.length === 0) return answer.body.length === 0 ? [] : ['no body is documented, and one is sent'];
  const type = mediaType(answer);
  const [, media] = content.find(([name]) => name === type) ?? [];
  if (media === undefined)
    return [`its media type ${String(type)} is none of ${content.map(([name]) => name).join(', ')}`];
  const { schema } = media;
  return schema === undefined ? [] : bodies(answer, type).flatMap((body) => bodyFaults(schema, body));
}

function problemFaults(answer: SeenAnswer): string[] {
  if (mediaType(answer) !== 'application/problem+json') return ['an error that is no problem document'];
  if (answer.method === 'HEAD') return [];
  return bodies(answer, 'application/json').flatMap((body) =>
    bodyFaults({ $ref: '#/components/schemas/Problem' }, body),
  );
}

/** The JSON documents of an answer: one, one a line, one an event; none of bytes, or of an answer that was cut. */
function bodies(answer: SeenAnswer, type: string | undefined): string[] {
  const text = answer.body.toString();
  const pieces = (end: string): string[] =>
    (answer.whole ? text : text.slice(0, text.lastIndexOf(end) + 1)).split(end);
  switch (type ?? '') {
    case 'text/plain':
      return [];
    case 'application/x-ndjson':
      return pieces('\n').filter((line) => line !== '');
    case 'text/event-stream':
      return pieces('\n\n').flatMap((event) => (/^data: (.*)$/m.exec(event) ?? []).slice(1));
    default:
      return answer.whole ? [text] : [];
  }
}

function bodyFaults(schema: Record<string, unknown>, body: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return [`its body is not JSON: ${body.slice(0, 100)}`];
  }
  return schemaFaults(schema, value);
}

function mediaType({ contentType }: SeenAnswer): string | undefined {
  return contentType?.split(';')[0]?.trim();
}
