import { buildRunnerContract } from '../../contract/build-runner.ts';
import { openJobBuilds } from '../support/build-fixture.ts';

buildRunnerContract('kubernetes', openJobBuilds);
