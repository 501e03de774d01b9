import { AUDIT_HEAD, AUDIT_HEAD_RULE } from '../../../core/audit-head.ts';
import { define, value } from '../../command.ts';
import { failed } from '../../failure.ts';

const CODES = {
  changed: 'audit_changed',
  missing: 'audit_missing',
  cut: 'audit_cut',
  head: 'audit_head',
  rewritten: 'audit_rewritten',
  retired: 'audit_retired',
} as const;

export const command = define({
  summary: 'Check that no row of the audit log was changed, removed, reordered or cut off',
  details:
    'Note the head that it prints somewhere that the platform cannot write to, and give it with --head the next time: that finds a log that was rewritten as a whole, too.',
  examples: [
    'audit:verify',
    'audit:verify --head 1234:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  ],
  json: 'AuditVerification',
  arguments: {},
  options: { head: value('--head <number:hash>', 'a head that was noted before', headOf, undefined) },
  async run({ api, out, waiting }, { head }) {
    const client = await api();
    const result = await waiting('Reading the audit log', () =>
      client.call('verifyAudit', { query: { head } }),
    );
    const { rows, fault, retired, sealed } = result;
    out.show(result, () => {
      if (fault !== undefined) return;
      out.result(rows === 1 ? '1 row, as it was written' : `${rows} rows, all as they were written`);
      if (retired !== undefined) {
        out.detail(`Rows 1 to ${retired.upTo} were taken away by their age, last ${out.time(retired.at)}`);
      }
      if (sealed !== undefined) {
        out.warn(
          `What is before row ${sealed.row} was sealed ${out.time(sealed.at)}, not when it was written`,
        );
      }
      if (result.head !== undefined) out.detail(`Head: ${result.head}`);
      if (head === undefined && result.head !== undefined) {
        out.detail(`Note it elsewhere; then: sluice audit:verify --head ${result.head}`);
      }
    });
    if (fault === undefined) return;
    if (fault.kind === 'retired') {
      throw failed(
        CODES.retired,
        `the head that was noted cannot be compared any more: ${fault.message}`,
        `${rows} rows after it are as they were written. Note the head anew: sluice audit:verify`,
      );
    }
    throw failed(
      CODES[fault.kind],
      `the audit log is not what was written: ${fault.message}`,
      `${rows} rows before it are as they were written. Keep the journal as it is, and compare it with a backup.`,
    );
  },
});

function headOf(text: string): string {
  if (AUDIT_HEAD.test(text)) return text;
  throw new Error(AUDIT_HEAD_RULE);
}
