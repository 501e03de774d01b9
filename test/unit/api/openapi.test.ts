import { expect, test } from 'vitest';
import { HOOK_PATH, openapi } from '../../../core/contracts/openapi.ts';
import { type RouteContract, routes } from '../../../core/contracts/routes.ts';
import { startPlatform } from './support/platform.ts';

interface Operation {
  operationId: string;
  summary: string;
  parameters: { name: string; in: string }[];
  responses: Record<string, object>;
  requestBody?: object;
}
interface Schema {
  required?: string[];
  properties: Record<string, object>;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

const document = openapi('1.2.3') as unknown as Document;

function operationOf({ path, method }: RouteContract): Operation {
  const operation = document.paths[path.replaceAll(/:([a-z]+)/g, '{$1}')]?.[method.toLowerCase()];
  if (!operation) throw new Error(`${method} ${path} is not in the document`);
  return operation;
}

test('it is served to everyone as OpenAPI 3.1', async () => {
  const platform = await startPlatform();
  const { body } = await platform.tcp().get('/v1/openapi.json').expect(200);
  expect(body).toEqual(JSON.parse(JSON.stringify(document)));
  expect(body).toMatchObject({
    openapi: expect.stringMatching(/^3\.1\./),
    info: { title: 'Sluice', version: '1.2.3' },
  });
});

test.each(Object.entries(routes) as [string, RouteContract][])('%s is in it', (name, contract) => {
  const operation = operationOf(contract);
  expect(operation).toMatchObject({ operationId: name, summary: contract.summary });
  expect(Object.keys(operation.responses)).toContain(String(contract.status));
  expect(operation.responses['401']).toEqual({ $ref: '#/components/responses/Problem' });
  const named = operation.parameters.filter((parameter) => parameter.in === 'path');
  expect(named.map((parameter) => `:${parameter.name}`)).toEqual(contract.path.match(/:[a-z]+/g) ?? []);
  expect('requestBody' in operation).toBe(contract.body !== undefined && name !== 'run');
});

test('no other operation is in it but that for messages of web hooks', () => {
  const operations = Object.values(document.paths).flatMap((methods) => Object.keys(methods));
  expect(operations).toHaveLength(Object.keys(routes).length + 1);
  expect(document.paths[HOOK_PATH]?.['post']?.responses).toHaveProperty('202');
});

test('every reference points at something', () => {
  const references = new Set<string>();
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (key === '$ref') references.add(String(value));
      walk(value);
    }
  };
  walk(document);
  expect(references.size).toBeGreaterThan(20);
  for (const reference of references) {
    expect(reference).toMatch(/^#\/components\/(schemas|responses)\//);
    let target: unknown = document;
    for (const key of reference.slice(2).split('/'))
      target = (target as Record<string, unknown> | undefined)?.[key];
    expect(target, reference).toBeTypeOf('object');
  }
});

test('the shapes are those of the contracts', () => {
  const { App, Release, listAppsAnswer, createBuildBody } = document.components.schemas;
  expect(App?.required).toContain('gitUrl');
  expect(Release?.properties['reason']).toEqual({ $ref: '#/components/schemas/Reason' });
  const items = { type: 'array', items: { $ref: '#/components/schemas/App' } };
  expect(listAppsAnswer?.properties['items']).toEqual(items);
  expect(createBuildBody?.required ?? []).toEqual([]);
  const names = operationOf(routes.logs).parameters.map(({ name }) => name);
  expect(names).toEqual(['app', 'tail', 'follow', 'process', 'release', 'since', 'level', 'Last-Event-ID']);
});
