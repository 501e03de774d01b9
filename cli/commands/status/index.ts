import { define } from '../../command.ts';

export const command = define({
  summary: 'The platform: version, addresses, builds under way, apps in maintenance, its parts',
  examples: ['status', 'status --json'],
  json: 'Status',
  arguments: {},
  options: {},
  async run({ api, out }) {
    const status = await (await api()).call('status', {});
    out.show(status, () => {
      out.facts([
        ['Version', status.version],
        ['SSH', status.ssh.address],
        ['Host key', status.ssh.fingerprint],
        ['Apps', `http://NAME.${status.domain}:${status.httpPort}`],
        ['Apps (TLS)', `https://NAME.${status.domain}:${status.httpsPort}`],
        [
          'Builds',
          `${status.builds.running} running of ${status.builds.slots} at once, ${status.builds.queued} queued`,
        ],
        ['In maintenance', status.maintenance.length === 0 ? undefined : status.maintenance.join(' ')],
        ...status.parts.map(
          ({ name, ok, message }) =>
            [`Part ${name}`, `${ok ? 'ok' : 'FAILS'}${message === '' ? '' : `: ${message}`}`] as const,
        ),
      ]);
      if (status.parts.some(({ ok }) => !ok)) out.warn('Something fails. Type: sluice doctor');
    });
  },
});
