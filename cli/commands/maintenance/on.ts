import { define } from '../../command.ts';
import { switchMaintenance } from './switch.ts';

export const command = define({
  summary: 'Have the platform answer for an app, with a page and status 503',
  examples: ['maintenance:on', 'maintenance:on -a hello'],
  json: '{app, maintenance}',
  arguments: {},
  options: {},
  run: (context) => switchMaintenance(context, true),
});
