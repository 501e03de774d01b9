import { openDocker } from './workloads-docker-fixture.ts';
import { workloadsContract } from './workloads/contract.ts';

workloadsContract('docker', () => openDocker('10.214.0.0/17'));
