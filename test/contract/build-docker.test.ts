import { openDockerBuilds } from './build-docker-fixture.ts';
import { buildRunnerContract } from './build-runner.ts';

buildRunnerContract('docker', openDockerBuilds);
