import { ConfigKey } from '../names.ts';
import type { Field } from './fields.ts';
import * as f from './fields.ts';
import { locateJson } from './locate.ts';
import type { Located, Report } from './located.ts';
import { uniqueEntries } from './located.ts';
import { nearest } from './nearest.ts';
import { show } from './show.ts';

export interface AppJson {
  readonly formation: ReadonlyMap<string, { readonly value: number; readonly line: number }>;
  /** Path that shows whether `web` is healthy. */
  readonly healthPath?: string;
  readonly env: ReadonlyMap<string, { readonly value?: string; readonly required: boolean }>;
  /** Keys whose value another platform would make up. */
  readonly generated: readonly string[];
}

/** What of app.json means something here. All else belongs to other platforms and is left alone. */
const KEYS = ['formation', 'healthchecks', 'env'] as const;
const MAX_ENTRIES = 500;

/** Reads app.json; what is wrong goes to `report`, and what is right is still returned. */
export function readAppJson(text: string, report: Report): AppJson {
  const root = locateJson(text, report);
  const keys = root && entriesOf(root, report);
  if (keys === undefined) return { formation: new Map(), env: new Map(), generated: [] };
  for (const [key, at] of keys) {
    const meant = nearest(key, KEYS);
    if (meant !== undefined && meant !== key && !keys.has(meant) && key.length > 4) {
      report(at.line, `${at.name} is not a known key`, `did you mean ${meant}?`);
    }
  }
  const healthPath = readHealthPath(keys.get('healthchecks'), report);
  return {
    formation: readFormation(keys.get('formation'), report),
    ...(healthPath === undefined ? {} : { healthPath }),
    ...readEnv(keys.get('env'), report),
  };
}

/** `"formation": {"web": {"quantity": 2, "size": "…"}}` */
function readFormation(at: Located | undefined, report: Report): AppJson['formation'] {
  const formation = new Map<string, { value: number; line: number }>();
  for (const [type, process] of entriesOf(at, report) ?? []) {
    const quantity = entriesOf(process, report)?.get('quantity');
    const read = quantity && quantityField(quantity, report);
    if (read !== undefined) formation.set(type, { value: read, line: process.line });
  }
  return formation;
}

const quantityField = jsonField(
  f.integer(0, 100, 1),
  'a whole number from 0 to 100, such as `"quantity": 1`',
);
const pathField = jsonField(
  f.matching(/^\/[\x21-\x7e]{0,499}$/, ''),
  'a path that starts with /, such as `"path": "/healthz"`',
);
const valueField = jsonField((at, report) => {
  if (at.value.kind !== 'scalar' || typeof at.value.value !== 'string') return f.wrong(at, report, '');
  return f.value(at, report);
}, 'a text in double quotes, such as `"value": "3"`');
const requiredField = jsonField((at, report) => {
  if (at.value.kind !== 'scalar' || typeof at.value.value !== 'boolean') return f.wrong(at, report, '');
  return at.value.value;
}, '`"required": true` or `"required": false`');

/** `"healthchecks": {"web": [{"type": "startup", "path": "/healthz"}]}`: the first path of a check that gates a start. */
function readHealthPath(at: Located | undefined, report: Report): string | undefined {
  const web = entriesOf(at, report)?.get('web');
  if (web === undefined) return undefined;
  if (web.value.kind !== 'list') {
    return f.wrong(
      web,
      report,
      'a list of checks, such as `"web": [{"type": "startup", "path": "/healthz"}]`',
    );
  }
  const paths = new Map<string, string>();
  for (const item of web.value.items) {
    const check = entriesOf(item, report);
    const type = check?.get('type')?.value;
    const path = check?.get('path');
    const read = path && pathField(path, report);
    if (read !== undefined) paths.set(type?.kind === 'scalar' ? type.text : 'liveness', read);
  }
  return paths.get('startup') ?? paths.get('readiness');
}

/** `"env": {"A": "default", "B": {"value": "default", "required": false}}`; a key is required unless it says not. */
function readEnv(at: Located | undefined, report: Report): Pick<AppJson, 'env' | 'generated'> {
  const env = new Map<string, { value?: string; required: boolean }>();
  const generated: string[] = [];
  const entries = entriesOf(at, report) ?? new Map<string, Located>();
  if (at !== undefined && entries.size > MAX_ENTRIES) f.wrong(at, report, `at most ${MAX_ENTRIES} entries`);
  for (const [key, entry] of [...entries].slice(0, MAX_ENTRIES)) {
    const name = key === '__proto__' ? undefined : ConfigKey.safeParse(key);
    if (!name?.success) {
      const right = name?.error.issues[0]?.message ?? 'a config key is letters, digits and "_"';
      report(entry.line, `env: ${show(key)} cannot be set by an app`, right);
      continue;
    }
    if (entry.value.kind !== 'map') {
      const value = valueField(entry, report);
      if (value !== undefined) env.set(key, { value, required: true });
      continue;
    }
    const parts = uniqueEntries(entry.value.entries, report);
    const written = parts.get('value');
    const value = written && valueField(written, report);
    const required = parts.get('required');
    if (parts.has('generator') && value === undefined) generated.push(key);
    env.set(key, {
      ...(value === undefined ? {} : { value }),
      required: required === undefined ? true : (requiredField(required, report) ?? true),
    });
  }
  return { env, generated };
}

/** The entries of a map that may be absent; anything but a map is reported. */
function entriesOf(at: Located | undefined, report: Report): Map<string, Located> | undefined {
  if (at === undefined) return undefined;
  if (at.value.kind === 'map') return uniqueEntries(at.value.entries, report);
  return f.wrong(at, report, at.name === '' ? 'a map in { }' : `a map, such as \`"${at.name}": { }\``);
}

/** A field of sluice.yaml whose fix is said in the words of JSON. */
function jsonField<T>(field: Field<T>, right: string): Field<T> {
  return (at, report) => field(at, (line, message) => report(line, message, right));
}
