import { argument } from '../../command.ts';

export const HOOK = argument('hook', 'as `sluice hooks` shows it');
