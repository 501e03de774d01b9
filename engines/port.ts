/**
 * The interfaces between the platform and what runs containers. `docker/` and `kubernetes/` implement them;
 * test/contract holds what every implementation must do. Every method may be called twice with the same
 * arguments and then does its work once: names follow from ids.
 */
export * from './port/build-runner.ts';
export type * from './port/disk.ts';
export type * from './port/logs.ts';
export * from './port/one-offs.ts';
export type * from './port/releases.ts';
export type * from './port/replicas.ts';
export type * from './port/traffic.ts';
export type * from './port/workloads.ts';
