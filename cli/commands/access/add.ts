import { argument, define } from '../../command.ts';
import { typeNext } from '../../hints.ts';
import { ROLES } from '../../../core/roles.ts';
import { role as roleOf } from '../../roles.ts';

export const command = define({
  summary: 'Give a person a role with an app',
  details:
    'viewer sees; deployer also pushes, sets config, scales, rolls back and runs; owner also gives roles and destroys.',
  examples: ['access:add bob deployer'],
  json: 'Member',
  arguments: {
    person: argument('person', 'as `sluice keys` shows it'),
    role: argument('role', 'viewer, deployer, owner', roleOf),
  },
  choices: { role: ROLES },
  options: {},
  async run(context, { person, role }) {
    const { out } = context;
    const app = await context.app();
    const member = await (await context.api()).call('setMember', { params: { app, person }, body: { role } });
    out.show(member, () => {
      out.result(`${member.person} is ${member.role} of ${app}`);
      out.detail(`Undo: ${typeNext(context, `access:remove ${member.person}`)}`);
    });
  },
});
