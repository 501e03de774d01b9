import { openDocker } from './workloads-docker-fixture.ts';
import { workloadsContract } from './workloads.ts';

workloadsContract('docker', () => openDocker('10.214.0.0/17'));
