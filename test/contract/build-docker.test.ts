import { openDockerBuilds } from './build-docker-fixture.ts';
import { buildRunnerContract } from './build-runner/contract.ts';

buildRunnerContract('docker', openDockerBuilds);
