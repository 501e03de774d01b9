import { define } from '../../command.ts';
import { switchMaintenance } from './switch.ts';

export const command = define({
  summary: 'Have an app answer for itself again',
  examples: ['maintenance:off', 'maintenance:off -a hello'],
  arguments: {},
  options: {},
  run: (context) => switchMaintenance(context, false),
});
