import { writeFileSync } from 'node:fs';
import { openapi } from '../core/contracts/openapi.ts';

/**
 * The operations and types of the `sluice` command's client, from the OpenAPI document. Types alone, and a table of
 * literals, so that nothing of the contracts is loaded where it runs.
 */

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
}
interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly schema: Schema;
}
type Content = Readonly<Record<string, { readonly schema: Schema }>>;
interface Operation {
  readonly operationId: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export function apiClient(): string {
  const document = JSON.parse(JSON.stringify(openapi('0.0.0'))) as Document;
  const { schemas } = document.components;
  const types = Object.entries(schemas).map(
    ([name, schema]) => `export type ${typeName(name)} = ${typeOf(schema, name.endsWith('Body'))};`,
  );
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const signatures = operations.map(
    ({ operation }) => `  ${operation.operationId}: ${signature(operation)};`,
  );
  const rows = operations.map(({ path, method, operation }) => {
    const answer = answerOf(operation);
    const shape = answer === undefined ? undefined : shapeOf(answer, schemas);
    const shown = shape === undefined ? '' : `, shape: ${JSON.stringify(shape)}`;
    return `  ${operation.operationId}: { method: '${method}', path: '${path}'${shown} },`;
  });
  return `// Made from the OpenAPI document by scripts/api-client.ts. Do not edit: node scripts/api-client.ts

${types.join('\n\n')}

/** What each operation takes and answers. */
export interface Operations {
${signatures.join('\n')}
}

/**
 * How to ask for each, and which lists and objects its answer holds: those that an answer of another version lacks are
 * made empty, so that showing it never fails on them. A key with \`?\` may be absent.
 */
export const operations = {
${rows.join('\n')}
} as const;
`;
}

function signature(operation: Operation): string {
  const ofKind = (kind: string): Parameter[] => operation.parameters.filter((one) => one.in === kind);
  const params = ofKind('path').map(({ name }) => `${name}: string | number`);
  const query = ofKind('query').map(({ name, schema }) => `${name}?: ${typeOf(schema, true)} | undefined`);
  const body = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
  const answer = answerOf(operation);
  return `{ ${[
    `params: ${params.length === 0 ? 'undefined' : `{ ${params.join('; ')} }`}`,
    `query: ${query.length === 0 ? 'undefined' : `{ ${query.join('; ')} }`}`,
    `body: ${body === undefined ? 'undefined' : typeOf(body, true)}`,
    `answer: ${answer === undefined ? 'undefined' : typeOf(answer, false)}`,
  ].join('; ')} }`;
}

/** The one JSON document of success; undefined for streams, upgrades and answers without a body. */
function answerOf({ responses }: Operation): Schema | undefined {
  const [, success] = Object.entries(responses).find(([status]) => status < '300') ?? [];
  return success?.content?.['application/json']?.schema;
}

/** @param sent what we send may hold `undefined`, which JSON leaves out */
function typeOf(schema: Schema, sent: boolean): string {
  if (schema.$ref !== undefined) return typeName(schema.$ref.split('/').at(-1) ?? '');
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(' | ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return [...new Set(choices.map((one) => typeOf(one, sent)))].join(' | ');
  if (schema.allOf) return schema.allOf.map((one) => `(${typeOf(one, sent)})`).join(' & ');
  switch (schema.type ?? '') {
    case 'array':
      return `(${typeOf(schema.items ?? {}, sent)})[]`;
    case 'object':
      return objectType(schema, sent);
    case 'integer':
      return 'number';
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return schema.type as string;
    default:
      return 'unknown';
  }
}

function objectType({ properties, required = [], additionalProperties }: Schema, sent: boolean): string {
  if (properties === undefined) {
    const value = typeof additionalProperties === 'object' ? typeOf(additionalProperties, sent) : 'unknown';
    return `Record<string, ${value}>`;
  }
  const fields = Object.entries(properties).map(([name, schema]) => {
    const type = typeOf(schema, sent);
    return required.includes(name)
      ? `${key(name)}: ${type}`
      : `${key(name)}?: ${type}${sent ? ' | undefined' : ''}`;
  });
  return `{ ${fields.join('; ')} }`;
}

type Shape = { readonly [field: string]: Shape } | readonly Shape[];

/** The lists and objects in a schema; undefined when it has none of its own. */
function shapeOf(schema: Schema, schemas: Document['components']['schemas']): Shape | undefined {
  if (schema.$ref !== undefined) return shapeOf(schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}, schemas);
  if (schema.type === 'array') {
    const item = shapeOf(schema.items ?? {}, schemas);
    return item === undefined || holdsNothing(item) ? [] : [item];
  }
  if (schema.type !== 'object') return undefined;
  const fields = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const shape = shapeOf(field, schemas);
    if (shape === undefined) return [];
    if (schema.required?.includes(name) === true) return [[name, shape] as const];
    return holdsNothing(shape) ? [] : [[`${name}?`, shape] as const];
  });
  return Object.fromEntries(fields);
}

/** There is nothing in it that could be lacking. */
function holdsNothing(shape: Shape): boolean {
  return Object.keys(shape).length === 0;
}

function typeName(schema: string): string {
  return schema.charAt(0).toUpperCase() + schema.slice(1);
}

function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

if (import.meta.main) writeFileSync(new URL('../cli/api/generated.ts', import.meta.url), apiClient());
