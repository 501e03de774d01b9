import { afterEach, beforeEach, test } from 'vitest';
import type { AuditEntry } from '../../../core/contracts/resources.ts';
import { expectCommand, type CommandRow } from '../../support/cli/command-row.ts';
import { FakeApi } from '../../support/cli/fake-api.ts';

const HASH = 'ab'.repeat(32);
const entry: AuditEntry = {
  number: 7,
  at: '2026-11-21T09:56:00.000Z',
  action: 'build.create',
  person: 'alice',
  app: 'hello',
  via: 'token',
  address: '203.0.113.9',
  credential: 'ci',
  detail: { build: 41, source: 'push' },
  hash: HASH,
};

let api: FakeApi;
beforeEach(async () => {
  api = await FakeApi.start();
});
afterEach(() => api.stop());

const rows: CommandRow[] = [
  {
    argv: 'audit --person alice --action build --since 2d -n 5',
    answers: { listAudit: { items: [entry] } },
    asks: [
      ['listAudit', { person: 'alice', action: 'build', since: '2026-11-19T10:00:00.000Z', limit: '5' }],
    ],
    prints: [
      '7\t2026-11-21T09:56:00.000Z\talice\ttoken ci\t203.0.113.9\thello\tbuild.create\tbuild=41 source=push',
    ],
  },
  {
    argv: 'audit -a hello',
    answers: {
      listAppAudit: { items: [{ number: 1, at: entry.at, action: 'audit.seal', detail: {}, hash: HASH }] },
    },
    asks: [['listAppAudit', { app: 'hello', limit: '50' }]],
    prints: ['1\t2026-11-21T09:56:00.000Z\tthe platform\t\t\t\taudit.seal\t'],
  },
  {
    argv: 'audit:verify',
    answers: { verifyAudit: { ok: true, rows: 7, head: `7:${HASH}` } },
    asks: [['verifyAudit', {}]],
    prints: [
      '=====> 7 rows, all as they were written',
      `       Head: 7:${HASH}`,
      `       Note it elsewhere; then: sluice audit:verify --head 7:${HASH}`,
    ],
  },
  {
    argv: `audit:verify --head 9:${HASH}`,
    answers: {
      verifyAudit: {
        ok: false,
        rows: 7,
        head: `7:${HASH}`,
        fault: { row: 8, kind: 'cut', message: 'rows 8 to 9 are missing' },
      },
    },
    asks: [['verifyAudit', { head: `9:${HASH}` }]],
    prints: [],
    stderr: [
      ' !     the audit log is not what was written: rows 8 to 9 are missing',
      ' !     7 rows before it are as they were written. Keep the journal as it is, and compare it with a backup.',
    ],
    code: 1,
  },
  {
    argv: 'audit:verify',
    answers: {
      verifyAudit: {
        ok: true,
        rows: 7,
        head: `9:${HASH}`,
        retired: { upTo: 2, at: '2026-11-20T09:56:00.000Z' },
      },
    },
    asks: [['verifyAudit', {}]],
    prints: [
      '=====> 7 rows, all as they were written',
      '       Rows 1 to 2 were taken away by their age, last 2026-11-20T09:56:00.000Z',
      `       Head: 9:${HASH}`,
      `       Note it elsewhere; then: sluice audit:verify --head 9:${HASH}`,
    ],
  },
  {
    argv: `audit:verify --head 1:${HASH}`,
    answers: {
      verifyAudit: {
        ok: false,
        rows: 7,
        head: `9:${HASH}`,
        retired: { upTo: 2, at: '2026-11-20T09:56:00.000Z' },
        fault: {
          row: 1,
          kind: 'retired',
          message: 'rows 1 to 2 were retired on 2026-11-20 by retention, and row 1 with them',
        },
      },
    },
    asks: [['verifyAudit', { head: `1:${HASH}` }]],
    prints: [],
    stderr: [
      ' !     the head that was noted cannot be compared any more: rows 1 to 2 were retired on 2026-11-20 by retention, and row 1 with them',
      ' !     7 rows after it are as they were written. Note the head anew: sluice audit:verify',
    ],
    code: 1,
  },
  {
    argv: 'audit:verify --head 9:abc',
    answers: {},
    asks: [],
    prints: [],
    stderr: [
      ' !     "9:abc" will not do: a head is NUMBER:HASH, as `sluice audit:verify` prints it',
      ' !     Type: sluice help audit:verify',
    ],
    code: 2,
  },
];

test.each(rows)('sluice $argv', (row) => expectCommand(api, row));
