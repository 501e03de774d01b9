import { writeFileSync } from 'node:fs';
import type { AnyCommand } from '../cli/command.ts';
import { shellLine } from '../cli/example.ts';
import { commandNames, registry } from '../cli/registry.ts';
import { usageOf } from '../server/git/verbs/asked.ts';
import { VERBS } from '../server/git/verbs/verbs.ts';
import { openapiSchemas } from '../core/contracts/openapi-schemas.ts';

/** The user page of the `sluice` command, made from the commands themselves. */
export async function cliPage(): Promise<string> {
  const commands = await Promise.all(commandNames.map(async (name) => ({ name, command: await load(name) })));
  const topics = Map.groupBy(commands, ({ name }) => name.split(':')[0] ?? name);
  const sections = [...topics].map(
    ([topic, members]) =>
      `## ${topic}\n\n${members.map(({ name, command }) => section(name, command)).join('\n')}`,
  );
  const shapes = shapeNames(commands.map(({ command }) => command.json ?? ''));
  return `${INTRODUCTION}
## Commands

| command | what it does |
|---|---|
${commands.map(({ name, command }) => `| [\`${name}\`](#sluice-${name.replaceAll(':', '')}) | ${cell(command.summary)} |`).join('\n')}

${sections.join('\n')}
## By ssh alone

Who has no \`sluice\` command can look, and go back, by \`ssh -p PORT sluice@HOST VERB\`. What you may do is decided as for
the command; its exit codes are the same, and 127 where there is no such verb.

| verb | |
|---|---|
${Object.entries(VERBS).map(verbRow).join('\n')}

## Shapes of --json

Fields with \`?\` may be absent. The same shapes stand in \`GET /v1/openapi.json\`; a field is never taken away or given
another meaning within a major version, so scripts should ignore those that they do not know.

${shapes.map(shape).join('\n')}`;
}

function verbRow([name, verb]: [string, (typeof VERBS)[string]]): string {
  return `| \`${usageOf(name, verb)}\` | ${cell(verb.summary)} |`;
}

async function load(name: string): Promise<AnyCommand> {
  const entry = registry[name];
  if (entry === undefined) throw new TypeError(`${name} is not registered`);
  return (await entry()).command;
}

function section(name: string, command: AnyCommand): string {
  const { summary, details, examples = [], json } = command;
  const words = Object.values(command.arguments);
  const options = Object.values(command.options);
  const usage = [
    name,
    ...words.map(({ placeholder }) => placeholder),
    ...(options.length > 0 ? ['[options]'] : []),
  ];
  const rows = [
    ...words.map(({ placeholder, description }) => [placeholder, description]),
    ...options.map(({ flags, description }) => [flags, description]),
  ];
  return [
    `### sluice ${name}`,
    '',
    `\`sluice ${usage.join(' ')}\``,
    '',
    `${sentence(summary)}${details === undefined ? '' : `\n\n${details}`}`,
    '',
    ...(rows.length === 0
      ? []
      : [
          '| | |',
          '|---|---|',
          ...rows.map(([what = '', text = '']) => `| \`${cell(what)}\` | ${cell(text)} |`),
          '',
        ]),
    ...(examples.length === 0 ? [] : ['```sh', ...examples.map(shellLine), '```', '']),
    ...(json === undefined ? [] : [`\`--json\`: ${linked(json)}`, '']),
  ].join('\n');
}

const SCHEMAS = openapiSchemas() as Record<string, Schema>;
interface Schema {
  readonly type?: string;
  readonly properties?: Record<string, Schema>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly $ref?: string;
  readonly additionalProperties?: Schema | boolean;
}

/** Names of the OpenAPI document in a text. */
function namesIn(text: string): string[] {
  return [...text.matchAll(/\b[A-Z][A-Za-z]+\b/g)].map(([name]) => name).filter((name) => name in SCHEMAS);
}

/** The shapes that are named, and those that stand in them, by the alphabet. */
function shapeNames(texts: readonly string[]): string[] {
  const known = new Set<string>();
  const open = texts.flatMap(namesIn);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (known.has(name)) continue;
    known.add(name);
    open.push(...fields(name).flatMap(([, type]) => namesIn(type)));
  }
  return [...known].toSorted();
}

function shape(name: string): string {
  const rows = fields(name).map(([field, type]) => `| \`${field}\` | ${linked(cell(type))} |`);
  return `### Shape: ${name}\n\n| field | type |\n|---|---|\n${rows.join('\n')}\n`;
}

function fields(name: string): [string, string][] {
  const { properties = {}, required = [] } = SCHEMAS[name] ?? {};
  return Object.entries(properties).map(([field, schema]) => [
    `${field}${required.includes(field) ? '' : '?'}`,
    typeOf(schema),
  ]);
}

function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) return schema.$ref.replace(/^.*\//, '');
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => `"${value}"`).join(' | ');
  if (schema.type === 'array') return schema.items === undefined ? 'array' : `${typeOf(schema.items)}[]`;
  if (schema.type !== 'object') return schema.type ?? 'any';
  const { properties, additionalProperties } = schema;
  if (properties !== undefined) {
    const required = schema.required ?? [];
    const inner = Object.entries(properties).map(
      ([field, value]) => `${field}${required.includes(field) ? '' : '?'}: ${typeOf(value)}`,
    );
    return `{${inner.join(', ')}}`;
  }
  if (typeof additionalProperties === 'object') return `{[name]: ${typeOf(additionalProperties)}}`;
  return 'object';
}

function linked(text: string): string {
  return text.replaceAll(/\b[A-Z][A-Za-z]+\b/g, (name) =>
    name in SCHEMAS ? `[${name}](#shape-${name.toLowerCase()})` : name,
  );
}

function sentence(summary: string): string {
  return summary.endsWith('.') ? summary : `${summary}.`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

const INTRODUCTION = `# The sluice command

\`sluice TOPIC:VERB\`, where a space does for the colon. \`sluice help\` lists the commands, \`sluice help COMMAND\` (or
\`--help\`) explains one, \`sluice help CODE\` explains the code of a failure; none of them needs a network.
Completion for bash, zsh and fish: \`sluice completion\`.

Who can push can use it: it goes through your own \`ssh\` to the platform, and your key says who you are. Without it,
\`ssh -p PORT sluice@HOST help\` shows what can be asked by ssh alone.

## What every command takes

| | |
|---|---|
| \`-a, --app NAME\` | the app; else the one of the git remote \`platform\` of this folder |
| \`--host ADDRESS\` | the platform, as \`ssh://sluice@host:port\`; else what is found first in the order below |
| \`--local\` | the platform's own socket, as root on its machine |
| \`--json\` | JSON on stdout and nothing else there; errors as \`{"error": …}\` on stderr |
| \`-h, --help\` | the page of the command |

The platform is the first of: \`--local\`, \`--host\`, \`SLUICE_URL\` with \`SLUICE_TOKEN\` (https, for machines), \`SLUICE_HOST\`,
\`SLUICE_DATA_DIR\`, the git remote \`platform\` of this folder, what \`sluice setup\` has saved.

## Output

On a terminal: tables with a header, times such as \`3m ago\`, colours. In a pipe or a file: a line each, tabs between the
columns, no header, ISO 8601 times, no colours. Results go to stdout, progress and errors to stderr, so
\`sluice apps | cut -f1\` is safe. What apps and servers write cannot steer your terminal.

Where stderr is a terminal, and nothing is said for half a second, its last line shows what is waited for and for how
long (\`⠹ v13: canary 25 % (2 of 3) (12 s)\`); it is gone before anything else is written and at Ctrl-C. Pipes, files,
\`--json\`, \`TERM=dumb\` and \`CI\` get nothing of it. What a script's log needs is written everywhere: the \`----->\` lines
of builds and rollouts, and at least every 10 s how a canary does.

\`NO_COLOR=1\` switches colours off, \`FORCE_COLOR=1\` on where there is no terminal (\`FORCE_COLOR=0\` off); \`NO_COLOR\` wins.

## Exit codes

| code | meaning |
|---|---|
| 0 | done; with \`-f\`, and after \`config:set\`, \`rollback\` and the like: live |
| 1 | refused or failed; \`sluice help CODE\` explains the code |
| 2 | the command line is wrong; nothing was asked of the platform |
| 3 | the platform was not reached |
| 130 | Ctrl-C ended the watching; what was begun goes on |
| 141 | nobody reads any more what has no end: \`logs -f\`, or what \`run\` runs; else the output is lost, and the code is that of the command |

\`sluice run\` exits with the exit code of the command that it ran.
`;

if (import.meta.main) writeFileSync(new URL('../docs/cli.md', import.meta.url), await cliPage());
