import { buildRunnerContract } from '../../contract/build-runner/contract.ts';
import { openJobBuilds } from '../support/build-fixture.ts';

buildRunnerContract('kubernetes', openJobBuilds);
