import { answerName, bodyName, inline, openapiSchemas, resourceName } from './openapi-schemas.ts';
import { parameterNames, pathParameters } from './path-parameters.ts';
import { type RouteContract, routes } from './routes.ts';

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document of everything in routes.ts. */
export function openapi(version: string): Json {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Sluice',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description:
        'Every error is an RFC 9457 problem whose `reason` has a stable code. Whatever changes something takes an `Idempotency-Key`, kept for 24 hours.',
    },
    security: [{ token: [] }],
    paths: { ...paths(), [HOOK_PATH]: { post: hookIntake() } },
    components: {
      schemas: openapiSchemas(),
      responses: {
        Problem: {
          description: 'What went wrong, why, and what to do next',
          headers: headers('RateLimit-Policy', 'RateLimit', 'Retry-After'),
          content: { 'application/problem+json': { schema: schemaRef('Problem') } },
        },
      },
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  };
}

/** Where messages of other services come in: their signature opens it, and their sender decides what the body is. */
export const HOOK_PATH = '/v1/hooks/{hook}';

function hookIntake(): Json {
  const answer = (description: string): Json => ({ description, content: json('HookAnswer') });
  const problem = { $ref: '#/components/responses/Problem' };
  const statuses = ['400', '401', '408', '409', '413', '422', '429', 'default'];
  return {
    operationId: 'receiveHook',
    tags: ['hooks'],
    summary: 'Take a signed message of GitHub, GitLab, or anything that can sign one',
    security: [],
    parameters: [{ name: 'hook', in: 'path', required: true, schema: inline(pathParameters.hook) }],
    requestBody: { required: true, content: { 'application/json': { schema: { type: 'object' } } } },
    responses: {
      '200': answer('It had come before, or it deploys nothing'),
      '202': answer('It is journalled; the build is named as soon as it is made'),
      ...Object.fromEntries(statuses.map((status) => [status, problem])),
    },
  };
}

function paths(): Json {
  const byPath: Record<string, Json> = {};
  for (const [name, contract] of Object.entries(routes)) {
    const path = contract.path.replaceAll(/:([a-z]+)/g, '{$1}');
    byPath[path] = { ...byPath[path], [contract.method.toLowerCase()]: operation(name, contract) };
  }
  return byPath;
}

function operation(name: string, contract: RouteContract): Json {
  const [, , topic = ''] = contract.path.split('/');
  return {
    operationId: name,
    tags: [topic],
    summary: contract.summary,
    parameters: [...pathParametersOf(contract), ...queryParametersOf(contract), ...headersOf(name, contract)],
    ...(contract.body && name !== 'run'
      ? {
          requestBody: {
            required: !contract.body.safeParse({}).success,
            content: json(bodyName(name)),
          },
        }
      : {}),
    responses: { [contract.status]: success(name, contract), ...problems(contract) },
  };
}

/** Headers of answers, by draft-ietf-httpapi-ratelimit-headers-10 and RFC 9110. */
const HEADERS = {
  'RateLimit-Policy': 'How much may be asked: `"reads";q=1200;w=60` is 1,200 GETs in 60 s',
  RateLimit: 'How much is left: `"reads";r=1199;t=42` is 1,199 in the next 42 s',
  'Retry-After': 'Only with 429: seconds until asking again helps',
  'Idempotency-Replayed': 'Only with a repeated Idempotency-Key: `true`, nothing was done once more',
};

function headers(...names: (keyof typeof HEADERS)[]): Json {
  return Object.fromEntries(
    names.map((name) => [name, { description: HEADERS[name], schema: { type: 'string' } }]),
  );
}

function success(name: string, contract: RouteContract): Json {
  if (contract.status === 101)
    return { description: 'The connection is the command from here on: `Upgrade: sluice-run`' };
  if (contract.stream !== undefined) return stream(contract.stream, contract.event);
  return {
    description: contract.summary,
    headers: headers(
      'RateLimit-Policy',
      'RateLimit',
      ...(contract.method !== 'GET' ? (['Idempotency-Replayed'] as const) : []),
    ),
    ...(contract.answer ? { content: json(answerName(name, contract)) } : {}),
  };
}

/** Statuses that every route can end with; an unexpected fault of the platform is a 500 or, on a full disk, a 507. */
const ANYWHERE = [400, 401, 403, 404, 429, 500, 503, 507];

const STREAMS = {
  'text/plain': 'The bytes',
  'application/x-ndjson': 'One JSON document a line',
  'text/event-stream': 'Server-sent events, each with an `id`; the schema is that of its `data`',
} as const;

function stream(type: keyof typeof STREAMS, event: RouteContract['event']): Json {
  const both: (keyof typeof STREAMS)[] = [type, 'text/event-stream'];
  const types = event === undefined ? [type] : [...new Set(both)];
  const ofEvent = resourceName(event);
  const schema = (one: string): Json =>
    one === 'text/plain' || ofEvent === undefined ? { type: 'string' } : schemaRef(ofEvent);
  return {
    description: types.map((one) => `\`${one}\`: ${STREAMS[one]}`).join('. '),
    headers: headers('RateLimit-Policy', 'RateLimit'),
    content: Object.fromEntries(types.map((one) => [one, { schema: schema(one) }])),
  };
}

function problems(contract: RouteContract): Json {
  const statuses = new Set([
    ...ANYWHERE,
    ...(contract.body ? [413, 415] : []),
    ...(contract.method === 'GET' ? [] : [409]),
    422,
    ...(contract.problems ?? []),
  ]);
  return Object.fromEntries(
    [...statuses].map((status) => [status, { $ref: '#/components/responses/Problem' }]),
  );
}

function pathParametersOf(contract: RouteContract): Json[] {
  return parameterNames(contract.path).map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: inline(pathParameters[name]),
  }));
}

function queryParametersOf(contract: RouteContract): Json[] {
  if (!contract.query) return [];
  const { properties = {} } = inline(contract.query) as { properties?: Json };
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: false, schema }));
}

function headersOf(name: string, contract: RouteContract): Json[] {
  if (name === 'run') {
    return [
      { name: 'Upgrade', in: 'header', required: true, schema: { const: 'sluice-run' } },
      {
        name: 'x-sluice-run',
        in: 'header',
        required: true,
        description: 'The body as JSON in base64url',
        schema: {
          type: 'string',
          contentMediaType: 'application/json',
          contentEncoding: 'base64url',
          contentSchema: schemaRef(bodyName(name)),
        },
      },
    ];
  }
  if (contract.event !== undefined) {
    return [
      {
        name: 'Last-Event-ID',
        in: 'header',
        required: false,
        description: 'With server-sent events: goes on after this one',
        schema: { type: 'string' },
      },
    ];
  }
  if (contract.method === 'GET') return [];
  return [
    {
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      schema: { type: 'string', minLength: 1, maxLength: 255 },
    },
  ];
}

function json(schema: string): Json {
  return { 'application/json': { schema: schemaRef(schema) } };
}

function schemaRef(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}
