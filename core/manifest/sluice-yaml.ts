import type { Field } from './fields.ts';
import * as f from './fields.ts';
import { locateYaml } from './locate.ts';
import type { Report } from './located.ts';
import type { CanaryPolicy } from './manifest.ts';

const DAY = 86_400;
const HOUR = 3_600;

/** An argument of a Dockerfile's ARG. */
const ARG_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
/** A stage of a Dockerfile: its name, or its number from 0. */
const STAGE = f.matching(
  /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/,
  'the name of a stage, as in `FROM node:26 AS test`',
);
/** What a URL may hold after its host, as it goes into a request line. */
const HEALTH_PATH = f.matching(
  /^\/[\x21-\x7e]{0,499}$/,
  'a path that starts with /, such as `path: /healthz`',
);
/** Which process types there are is known only with the Procfile, so any name is read here. */
const ANY_NAME = /^[^]*$/;

/** The values of sluice.yaml as they are written there; nothing is filled in. */
export type SluiceYaml = NonNullable<ReturnType<typeof shape>>;

const policy = f.record({
  steps: ascendingSteps,
  bake: f.duration(1, DAY, '30s'),
  max_error_rate: f.share('1%'),
  max_latency_ratio: f.number(1, 100, 1.5),
  min_requests: f.integer(0, 10_000_000, 100),
  max_wait: f.duration(1, DAY, '5m'),
  on_no_data: f.choice(['promote', 'hold', 'rollback']),
  keep: f.duration(0, DAY, '10m'),
});

const shape = f.record({
  build: f.record({
    dockerfile: f.withLine(f.path('Dockerfile')),
    target: f.withLine(STAGE),
    context: f.path('.'),
    args: f.mapOf(ARG_NAME, 'letters, digits and "_", such as `NODE_VERSION: "26"`', f.value, 100),
    timeout: f.duration(1, DAY, '30m'),
  }),
  test: f.record({
    dockerfile: f.withLine(f.path('Dockerfile.test')),
    target: f.withLine(STAGE),
    command: f.text('npm test', 4_000),
    timeout: f.duration(1, DAY, '10m'),
  }),
  web: f.record({
    port: f.integer(1, 65_535, 8080),
    health: f.record({ path: HEALTH_PATH, timeout: f.duration(1, HOUR, '60s') }),
    grace: f.duration(0, HOUR, '30s'),
  }),
  scale: f.mapOf(ANY_NAME, '', f.withLine(f.integer(0, 100, 2)), 50),
  canary,
});

/** Reads sluice.yaml; what is wrong goes to `report`, and what is right is still returned. */
export function readSluiceYaml(text: string, report: Report): SluiceYaml {
  const root = locateYaml(text, report);
  return (root && shape(root, report)) ?? {};
}

type WrittenPolicy = NonNullable<ReturnType<typeof policy>>;

/** `canary: off`, or a map. `false` is what a YAML 1.1 tool makes of `off`. */
function canary(
  ...[at, report]: Parameters<Field<false | WrittenPolicy>>
): false | WrittenPolicy | undefined {
  if (at.value.kind === 'scalar' && (at.value.text === 'off' || at.value.value === false)) return false;
  if (at.value.kind !== 'map')
    return f.wrong(at, report, '`canary: off`, or a map such as `canary: {steps: [5, 25, 50]}`');
  return policy(at, report);
}

function ascendingSteps(...[at, report]: Parameters<Field<number[]>>): number[] | undefined {
  const steps = f.list(percentOfTraffic, 20, '[5, 25, 50]')(at, report);
  if (steps === undefined || steps.every((step, index) => step > (steps[index - 1] ?? 0))) return steps;
  const ascending = [...new Set(steps)].toSorted((a, b) => a - b).join(', ');
  report(at.line, `${at.name} does not go up at each step`, `such as \`steps: [${ascending}]\``);
  return undefined;
}

/** 5 and `5%` mean the same here. */
function percentOfTraffic(...[at, report]: Parameters<Field<number>>): number | undefined {
  const written = at.value.kind === 'scalar' ? Number(at.value.text.replace(/ ?%$/, '')) : Number.NaN;
  return written >= 1 && written <= 99
    ? written
    : f.wrong(at, report, 'a percentage of traffic from 1 to 99');
}

/** The policy with defaults for what is not written. */
export function canaryPolicy(written: SluiceYaml['canary'], defaults: CanaryPolicy): CanaryPolicy | false {
  if (written === false) return false;
  return {
    steps: written?.steps ?? defaults.steps,
    bakeSeconds: written?.bake ?? defaults.bakeSeconds,
    maxErrorRate: written?.max_error_rate ?? defaults.maxErrorRate,
    maxLatencyRatio: written?.max_latency_ratio ?? defaults.maxLatencyRatio,
    minRequests: written?.min_requests ?? defaults.minRequests,
    maxWaitSeconds: written?.max_wait ?? defaults.maxWaitSeconds,
    onNoData: written?.on_no_data ?? defaults.onNoData,
    keepSeconds: written?.keep ?? defaults.keepSeconds,
  };
}
