import { workloadsContract } from '../contract/workloads.ts';
import { openCluster } from './support/workloads.ts';

workloadsContract('kubernetes', openCluster);
