import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { openapi } from '../../../core/contracts/openapi.ts';

type Json = Record<string, unknown>;

interface MediaType {
  readonly schema?: Json;
}
export interface DocumentedResponse {
  readonly content?: Readonly<Record<string, MediaType>>;
  readonly $ref?: string;
}
export interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, DocumentedResponse>>;
}

/** As the server serves it: what JSON drops is not in it. */
const document = JSON.parse(JSON.stringify(openapi('0.0.0'))) as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Json; responses: Record<string, DocumentedResponse> };
};

const ID = 'urn:sluice:openapi';
// OpenAPI has keywords of its own; formats are checked.
const ajv = new Ajv2020({ strict: false, allErrors: true });
(addFormats as unknown as (to: Ajv2020) => void)(ajv);
ajv.addSchema({ $id: ID, components: closed(document.components) });
const compiled = new Map<string, ValidateFunction>();

/**
 * Readers of the document must bear more than it names, the platform must not answer with it: a field that no contract
 * has is one that leaks.
 */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(value)]));
  const isObject = copy['type'] === 'object' && copy['properties'] !== undefined;
  return isObject && !('additionalProperties' in copy) ? { ...copy, additionalProperties: false } : copy;
}

const operations = Object.entries(document.paths)
  .flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      pattern: new RegExp(`^${path.replaceAll(/\{[a-z]+\}/g, '[^/]+')}$`),
      literal: !path.includes('{'),
      operation,
    })),
  )
  .sort((a, b) => Number(b.literal) - Number(a.literal));

/** The operation that answers a request. HEAD is answered as GET without a body. */
export function operationOf(method: string, path: string): Operation | undefined {
  const asked = method === 'HEAD' ? 'GET' : method;
  return operations.find((one) => one.method === asked && one.pattern.test(path))?.operation;
}

export function operationIds(): string[] {
  return operations.map(({ operation }) => operation.operationId);
}

/** What the document says of a status of an operation, references followed. */
export function documented(operation: Operation, status: number): DocumentedResponse | undefined {
  const said = operation.responses[String(status)];
  const name = said?.$ref?.split('/').at(-1);
  return name === undefined ? said : document.components.responses[name];
}

/** @returns what in `value` is not as the schema says; nothing when all is */
export function schemaFaults(schema: Json, value: unknown): string[] {
  const key = JSON.stringify(schema);
  let validate = compiled.get(key);
  if (!validate) {
    const absolute = key.replaceAll('"#/', `"${ID}#/`);
    validate = ajv.compile(closed(JSON.parse(absolute)) as Json);
    compiled.set(key, validate);
  }
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message = '', params }) =>
      `${instancePath || 'body'} ${message} ${JSON.stringify(params)}`,
  );
}
