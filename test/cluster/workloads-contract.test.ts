import { workloadsContract } from '../contract/workloads/contract.ts';
import { openCluster } from './support/workloads.ts';

workloadsContract('kubernetes', openCluster);
