import type { ReasonText } from './reason-text.ts';

/** What ends a build: its code, its Dockerfile, or what it is built on. */
export const BUILDS = {
  test_failed: {
    title: 'The test stage of the build failed',
    cause: 'a test fails, or a command of the test stage ends with another exit code than 0',
    mend: 'mend what the lines above name, then `git commit` and `git push platform main`; all of the log: `sluice builds:log`',
  },
  test_timeout: {
    title: 'The test stage took longer than `test.timeout`',
    cause: 'a test waits for something that never comes, or there are more tests than the limit was made for',
    mend: 'make it faster, or raise `test.timeout` in sluice.yaml',
  },
  build_failed: {
    title: 'The build stage failed',
    cause:
      'a command of the Dockerfile ends with another exit code than 0, or a file that it copies is not in the commit',
    mend: 'mend the line that is named, `git commit`, and push again; all of the log: `sluice builds:log`',
  },
  build_timeout: {
    title: 'The build stage took longer than `build.timeout`',
    cause: 'a download hangs, or much is compiled that could come from a cache',
    mend: 'make it faster, or raise `build.timeout` in sluice.yaml',
  },
  dockerfile_invalid: {
    title: 'The Dockerfile cannot be read',
    cause: 'a slip in the line that is named',
    mend: 'mend that line, `git commit`, and push again; `docker build .` says the same on your own machine',
  },
  dockerignore_too_complex: {
    title: '.dockerignore has more rules than are read',
    cause: 'it lists single files',
    mend: 'write patterns for folders instead, then push again',
  },
  target_not_found: {
    title: 'The Dockerfile has no stage of the name that sluice.yaml asks for',
    cause: 'the stage was renamed, or `build.target` or `test.target` was mistyped',
    mend: 'give the stage that name (`FROM … AS NAME`), or correct sluice.yaml',
  },
  syntax_refused: {
    title: 'The Dockerfile asks for a frontend of its own',
    cause: 'a `# syntax=` line that names another image than docker/dockerfile',
    mend: 'take the `# syntax=` line out, then push again',
  },
  remote_add_refused: {
    title: 'The Dockerfile adds something from an address',
    cause: '`ADD https://…` or `ADD git@…` would fetch what nobody has tested',
    mend: 'download it in a `RUN` step, or commit it',
  },
  base_image_refused: {
    title: 'The Dockerfile uses an image that it may not',
    cause: "it names an image of another app, or one of the platform's own",
    mend: 'use an image of a registry',
  },
  base_image_unavailable: {
    title: 'A base image cannot be had',
    cause: 'its name or tag is mistyped, it is private, or its registry is away',
    mend: 'check the name with `docker pull` on your own machine; then push again',
  },
  image_runs_as_root: {
    title: 'The image runs as root, which the cluster does not allow',
    cause: 'the Dockerfile has no `USER` line in its last stage',
    mend: 'add `USER 1000` (or another number) behind the last `COPY`, then push again',
  },
  image_user_unknown: {
    title: "The image's user has no number",
    cause: '`USER` names one that is not in /etc/passwd of the image',
    mend: 'write its number: `USER 1000`',
  },
  image_push_refused: {
    title: 'The registry refuses the image',
    cause: "the platform's login to the registry has ended, or its quota is used up",
    mend: 'an admin looks with `sluice doctor`; then push again',
  },
  registry_unreachable: {
    title: 'The registry does not answer',
    cause: 'it is restarted, or the network between the build and it is broken',
    mend: 'push again; an admin looks with `sluice doctor`',
  },
  build_broke_off: {
    title: 'The build ended without saying why',
    cause: 'BuildKit or its container was killed',
    mend: 'push again; when it stays so, an admin looks with `sluice doctor`',
  },
  build_container_refused: {
    title: 'A container of the build cannot be made',
    cause: "the cluster's own settings; it is no fault of the app",
    mend: 'an admin looks with `sluice doctor`',
  },
  build_image_unavailable: {
    title: 'The image that builds run in cannot be pulled',
    cause: "the cluster cannot reach the registry of the platform's images",
    mend: 'an admin looks with `sluice doctor`',
  },
  build_evicted: {
    title: 'The node put the build out',
    cause: 'it is short of memory or disk',
    mend: 'it is tried again by itself; else push again',
  },
  build_job_deleted: {
    title: 'Somebody deleted the Job of the build',
    cause: 'an admin or a program cleaned up',
    mend: 'push again',
  },
  build_pod_deleted: {
    title: 'Somebody deleted the pod of the build',
    cause: 'an admin or a program cleaned up, or the node was drained',
    mend: 'push again',
  },
  build_node_lost: {
    title: 'The node was lost or drained while it built',
    cause: 'the node was restarted or taken away',
    mend: 'it is tried again by itself; else push again',
  },
  build_not_admitted: {
    title: 'The cluster does not admit the build',
    cause: 'a policy of the cluster refuses the shape of its Job',
    mend: 'an admin looks with `sluice doctor`',
  },
  build_not_begun: {
    title: 'A node was found, but the build did not begin there',
    cause: 'its volumes or images are not to be had on that node',
    mend: 'an admin looks: `kubectl get events -n sluice-builds`',
  },
  build_quota_exceeded: {
    title: 'No room in the quota of the builds',
    cause: 'other builds use all of it',
    mend: 'wait for them, or an admin raises the ResourceQuota',
  },
  buildkit_not_started: {
    title: 'BuildKit did not start',
    cause: 'the node forbids what BuildKit without root needs',
    mend: 'an admin looks: `kubectl logs -n sluice-builds POD -c buildkit`',
  },
  unschedulable: {
    title: 'No node has room',
    cause: 'the cluster is full, or asks of the app are larger than any node',
    mend: '`sluice ps:scale` to fewer replicas, or an admin adds a node',
  },
  builder_error: {
    title: 'The builder could not run the build',
    cause: 'a fault of the platform',
    mend: 'push again; an admin looks with `sluice doctor`',
  },
  builder_lost: {
    title: 'The builder stopped answering, more often than a build is tried',
    cause: 'the build machine was restarted or ran out of memory',
    mend: 'push again; an admin looks with `sluice doctor`',
  },
  tree_unavailable: {
    title: 'The build could not fetch the files of its commit',
    cause: 'the server was restarted meanwhile, or cannot be reached from the cluster',
    mend: 'push again; an admin looks with `sluice doctor`',
  },
  superseded: {
    title: 'A newer one took its place',
    cause: 'somebody pushed again, changed the config or went back before this had ended',
    mend: 'see how the newer one goes: `sluice rollouts:show -f`',
  },
  cancelled: {
    title: 'A person cancelled it',
    cause: 'somebody typed `sluice builds:cancel`',
    mend: '`sluice builds:create --commit COMMIT` builds it again',
  },
  disk_full: {
    title: 'A disk is full',
    cause: "images, build cache or the app's own files have filled it",
    mend: 'an admin frees some: docs/operations.md, "Disk"; then push again',
  },
  disk_budget: {
    title: 'The disk budget of the platform is used up',
    cause: 'more images, cache and logs are kept than SLUICE_DISK_BUDGET allows',
    mend: 'destroy apps that nobody uses, or an admin raises SLUICE_DISK_BUDGET',
  },
  log_gone: {
    title: 'The log of this build is not kept any more',
    cause: 'build logs are removed 90 days after their end',
    mend: 'build it again: `sluice builds:create --commit COMMIT`',
  },
  build_secret_missing: {
    title: 'A step mounts a secret that the build was not given',
    cause: 'no secret of that name is set for builds: those of running apps are never given to a build',
    mend: '`sluice secrets:set NAME --build -a APP`, then push again',
  },
  build_secrets_unavailable: {
    title: 'The build could not fetch its secrets from the platform',
    cause: 'the server restarts, or the builds namespace cannot reach it',
    mend: 'push again; see `sluice doctor` when it stays so',
  },
} as const satisfies Record<string, ReasonText>;
