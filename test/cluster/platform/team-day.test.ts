import { startOnCluster } from '../../support/cluster-platform.ts';
import { teamDay } from '../../support/team-day.ts';

teamDay(async (env) => startOnCluster(env));
