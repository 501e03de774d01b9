import { type ConfigEntries, isSameEntry } from '../../../core/config/entry.ts';
import type { Difference, ReleaseDiff } from '../../../core/contracts/resources.ts';
import type { Manifest } from '../../../core/manifest/manifest.ts';
import type { AppRow } from '../../store/apps.ts';
import type { ReleaseRow } from '../../store/releases.ts';
import type { Store } from '../../store/store.ts';
import { optional } from './time.ts';

/** @param may see the values of config; those of secrets nobody sees */
export function presentDiff(
  store: Store,
  app: AppRow,
  from: ReleaseRow,
  to: ReleaseRow,
  may: { readonly values: boolean },
): ReleaseDiff {
  return {
    from: from.number,
    to: to.number,
    items: [...codeDifferences(from, to), ...configDifferences(store, app, from, to, may.values)],
  };
}

type Texts = Readonly<Record<string, string | undefined>>;

function codeDifferences(from: ReleaseRow, to: ReleaseRow): Difference[] {
  const [before, after] = [facts(from), facts(to)];
  return [
    ...one('commit', from.commit_id, to.commit_id),
    ...one('image', from.image, to.image),
    ...each('process', before.processes, after.processes),
    ...one('release command', from.manifest.releaseCommand, to.manifest.releaseCommand),
    ...each('scale', before.scale, after.scale),
    ...one('port', String(from.port), String(to.port)),
    ...one('health', before.health, after.health),
    ...one('grace', before.grace, after.grace),
    ...one('canary', before.canary, after.canary),
    ...each('default', before.defaults, after.defaults),
  ];
}

function facts({ manifest }: ReleaseRow): {
  processes: Texts;
  scale: Texts;
  defaults: Texts;
  health: string;
  grace: string;
  canary: string;
} {
  const { processes, scale, env, web } = manifest;
  return {
    processes: mapped(processes, ({ command = '' }) => command),
    scale: mapped(scale, String),
    defaults: mapped(env, ({ value = '' }) => value),
    health: `${web.health.path} within ${web.health.timeoutSeconds}s`,
    grace: `${web.graceSeconds}s`,
    canary: canaryWords(manifest),
  };
}

function mapped<T>(record: Readonly<Record<string, T>>, text: (value: T) => string): Texts {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, text(value)]));
}

function canaryWords({ canary }: Manifest): string {
  if (canary === false) return 'off';
  const {
    steps,
    bakeSeconds,
    minRequests,
    maxErrorRate,
    maxLatencyRatio,
    maxWaitSeconds,
    onNoData,
    keepSeconds,
  } = canary;
  return [
    `steps ${steps.join(', ')} %`,
    `bake ${bakeSeconds}s`,
    `min_requests ${minRequests}`,
    `max_error_rate ${maxErrorRate * 100} %`,
    `max_latency_ratio ${maxLatencyRatio}`,
    `max_wait ${maxWaitSeconds}s`,
    `on_no_data ${onNoData}`,
    `keep ${keepSeconds}s`,
  ].join('; ');
}

function one(
  what: Difference['what'],
  from: string | null | undefined,
  to: string | null | undefined,
  name?: string,
): Difference[] {
  if ((from ?? undefined) === (to ?? undefined)) return [];
  const change =
    (from ?? undefined) === undefined ? 'added' : (to ?? undefined) === undefined ? 'removed' : 'changed';
  return [{ what, ...optional('name', name), change, ...optional('from', from), ...optional('to', to) }];
}

function each(what: Difference['what'], from: Texts, to: Texts): Difference[] {
  return keysOf(from, to).flatMap((name) => one(what, own(from, name), own(to, name), name));
}

function configDifferences(
  store: Store,
  app: AppRow,
  from: ReleaseRow,
  to: ReleaseRow,
  mayRead: boolean,
): Difference[] {
  const before = store.configs.at(app, from.config_version).entries;
  const after = store.configs.at(app, to.config_version).entries;
  const newest = store.configs.newest(app).entries;
  const hidden = new Set(store.configs.secretsOf(app).map(({ value }) => value));
  return keysOf(before, after).flatMap((name) => {
    const [old, now] = [own(before, name), own(after, name)];
    if (isSameEntry(old, now)) return [];
    const change = old === undefined ? 'added' : now === undefined ? 'removed' : 'changed';
    // What is a secret today may have been plain config then; its value is the same secret.
    const isSecret = [old, now, own(newest, name)].some((entry) => entry?.secret === true);
    const shows = mayRead && !isSecret && ![old, now].some((entry) => entry && hidden.has(entry.value));
    return [
      {
        what: isSecret ? ('secret' as const) : ('config' as const),
        name,
        change,
        ...(shows ? { ...optional('from', old?.value), ...optional('to', now?.value) } : {}),
      },
    ];
  });
}

function keysOf(a: Texts | ConfigEntries, b: Texts | ConfigEntries): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].toSorted();
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
