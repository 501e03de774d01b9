import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Node } from 'yaml';
import { jsonFault } from './json-fault.ts';
import type { Located, LocatedValue, Report } from './located.ts';
import { show } from './show.ts';

/** Aliases are followed, so these bound what a few lines of nested anchors can become. */
const MAX_VALUES = 5_000;
const MAX_DEPTH = 20;

/** The values of a YAML 1.2 text; undefined once something was reported. An empty text is an empty map. */
export function locateYaml(text: string, report: Report): Located | undefined {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    // Repeated keys are found by us: yaml compares each key with each other one, which is slow for hostile files.
    uniqueKeys: false,
  });
  const [fault] = [...document.errors, ...document.warnings];
  if (fault !== undefined) {
    report(
      lines.linePos(fault.pos[0]).line,
      faultMessage(fault),
      'write it as YAML: `key: value`, two spaces a level',
    );
    return undefined;
  }
  try {
    const root = new Locator(lines).locate(document.contents, '', 1, 0);
    return root.value.kind === 'nothing' ? { ...root, value: { kind: 'map', entries: [] } } : root;
  } catch (error) {
    if (!(error instanceof Unresolvable)) throw error;
    report(error.line, error.message, 'write the values out, without anchors and aliases');
    return undefined;
  }
}

/** The values of a JSON text, which is read as the YAML that it is once it has proved to be JSON. */
export function locateJson(text: string, report: Report): Located | undefined {
  const fault = jsonFault(text);
  if (fault === undefined) return locateYaml(text, report);
  report(
    fault.line,
    `not JSON: ${fault.message}`,
    'check commas, double quotes and brackets around this line',
  );
  return undefined;
}

class Unresolvable extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

class Locator {
  readonly #lines: LineCounter;
  readonly #anchors = new Map<string, Node>();
  #values = 0;

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  locate(node: unknown, name: string, line: number, depth: number): Located {
    if (++this.#values > MAX_VALUES) throw new Unresolvable(line, `more than ${MAX_VALUES} values`);
    if (depth > MAX_DEPTH) throw new Unresolvable(line, `more than ${MAX_DEPTH} levels`);
    return { name, line, value: this.#value(node, name, line, depth) };
  }

  #value(node: unknown, name: string, line: number, depth: number): LocatedValue {
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source);
      if (target === undefined)
        throw new Unresolvable(line, `the alias ${show(node.source)} has no anchor before it`);
      return this.locate(target, name, line, depth + 1).value;
    }
    if ((isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined) {
      this.#anchors.set(node.anchor, node);
    }
    if (isMap(node)) {
      return {
        kind: 'map',
        entries: node.items.map(({ key, value }) => {
          const text = isScalar(key) ? String(key.value) : '';
          const at = isScalar(key) ? this.#lineOf(key, line) : line;
          const path = name === '' ? printable(text) : `${name}.${printable(text)}`;
          return [text, this.locate(value, path, at, depth + 1)] as const;
        }),
      };
    }
    if (isSeq(node)) {
      return {
        kind: 'list',
        items: node.items.map((item, index) => {
          return this.locate(item, `${name}[${index}]`, this.#lineOf(item, line), depth + 1);
        }),
      };
    }
    if (!isScalar(node) || node.value === null || node.value === undefined) return { kind: 'nothing' };
    const value = node.value;
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      // A bigint, which is all that is left in the core schema.
      return { kind: 'scalar', value: node.source ?? '', text: node.source ?? '' };
    }
    return {
      kind: 'scalar',
      value,
      text: typeof value === 'string' ? value : (node.source ?? String(value)),
    };
  }

  #lineOf(node: unknown, otherwise: number): number {
    const range = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range : undefined;
    return range ? this.#lines.linePos(range[0]).line : otherwise;
  }
}

/** A key as it may stand in a path; anything unusual is quoted. */
function printable(key: string): string {
  return /^[\w.-]{1,60}$/.test(key) ? key : show(key);
}

function faultMessage(fault: { code: string; message: string }): string {
  if (fault.code === 'RESOURCE_EXHAUSTION') return 'nested too deeply';
  if (fault.code === 'MULTIPLE_DOCS') return 'a second document begins here (`---`)';
  return `not YAML: ${fault.message.split('\n')[0] ?? ''}`;
}
