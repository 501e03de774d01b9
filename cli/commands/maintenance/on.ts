import { define } from '../../command.ts';
import { switchMaintenance } from './switch.ts';

export const command = define({
  summary: 'Have the platform answer for an app, with a page and status 503',
  examples: ['maintenance:on', 'maintenance:on -a hello'],
  arguments: {},
  options: {},
  run: (context) => switchMaintenance(context, true),
});
