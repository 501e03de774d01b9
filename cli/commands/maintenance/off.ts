import { define } from '../../command.ts';
import { switchMaintenance } from './switch.ts';

export const command = define({
  summary: 'Have an app answer for itself again',
  examples: ['maintenance:off', 'maintenance:off -a hello'],
  json: '{app, maintenance}',
  arguments: {},
  options: {},
  run: (context) => switchMaintenance(context, false),
});
