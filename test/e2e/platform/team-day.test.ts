import { Platform } from '../../support/platform.ts';
import { teamDay } from '../../support/team-day.ts';

teamDay(async (env) => Platform.start(env));
