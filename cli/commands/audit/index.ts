import type { AuditEntry } from '../../../core/contracts/resources.ts';
import { define, text, value } from '../../command.ts';
import { moment } from '../../durations.ts';
import { whole } from '../../numbers.ts';
import { collect } from '../../pages.ts';

export const command = define({
  summary: 'Who did what from where, newest first',
  details: 'All of the platform for admins; with -a one app, for its owners.',
  examples: [
    'audit -a shop',
    'audit --person bob --since 7d',
    'audit --action token',
    'audit -n 1000 --json',
  ],
  json: 'AuditEntry[]',
  arguments: {},
  options: {
    person: text('--person <person>', 'what this person did'),
    action: text('--action <name>', 'one action, such as build.create, or a topic, such as build'),
    since: value('--since <time>', '7d, 12h, 2026-11-20, or a time in ISO 8601', moment, undefined),
    num: value('-n, --num <count>', 'how many', whole(1, 100_000), 50),
  },
  async run(context, { person, action, since, num }) {
    const { out, namedApp: app } = context;
    const client = await context.api();
    const filter = { person, action, since: since?.(context.now()) };
    const entries = await collect<AuditEntry>(num, (query) =>
      app === undefined
        ? client.call('listAudit', { query: { ...filter, ...query } })
        : client.call('listAppAudit', { params: { app }, query: { ...filter, ...query } }),
    );
    out.show(entries, () =>
      out.table(
        ['ROW', 'WHEN', 'WHO', 'VIA', 'FROM', 'APP', 'ACTION', 'DETAIL'],
        entries.map((entry) => [
          String(entry.number),
          out.time(entry.at),
          entry.person ?? 'the platform',
          via(entry),
          entry.address ?? '',
          entry.app ?? '',
          entry.action,
          detail(entry.detail),
        ]),
        'Nothing was done that this asks for.',
      ),
    );
  },
});

function via({ via: way, credential }: AuditEntry): string {
  return [way, credential].filter((part) => part !== undefined).join(' ');
}

function detail(facts: AuditEntry['detail']): string {
  return Object.entries(facts)
    .map(([name, fact]) => `${name}=${typeof fact === 'string' ? fact : JSON.stringify(fact)}`)
    .join(' ');
}
