import type { ReasonText } from './reason-text.ts';

/** What keeps a replica from running, and what ends one. */
export const REPLICAS = {
  crashed_on_start: {
    title: 'A replica ended before it was ready',
    cause: 'a config key that it needs is missing, a module is not in the image, or its command is wrong',
    mend: 'read its last lines: `sluice logs -r vN`; what it was given: `sluice config`',
  },
  crashed: {
    title: 'A replica ended by itself after it was ready',
    cause: 'an error that nothing catches',
    mend: 'read its last lines: `sluice logs`; to go back: `sluice rollback`',
  },
  oom_killed: {
    title: 'It used more memory than it may have',
    cause: 'a leak, a file that is read whole, or a limit that is too low for the runtime',
    mend: 'make it need less, or an admin raises SLUICE_APP_MEMORY',
  },
  health_check_failed: {
    title: 'A web replica runs, but its health check fails',
    cause: 'the page that is asked answers with 5xx, or not in time: often a database that cannot be reached',
    mend: '`sluice logs -r vN`; set `web.health.path` and `web.health.timeout` in sluice.yaml',
  },
  wrong_port: {
    title: 'The app listens on another port than PORT',
    cause: 'the port is written into the code',
    mend: 'read it from the environment variable PORT, or write it into sluice.yaml: `web: {port: N}`',
  },
  listens_on_loopback: {
    title: 'The app listens on 127.0.0.1 only',
    cause: 'the default of many development servers',
    mend: 'listen on 0.0.0.0, often by an option such as `--host 0.0.0.0`',
  },
  not_ready_in_time: {
    title: 'Its processes did not all become ready in time',
    cause: 'they start slowly, or wait for something',
    mend: '`sluice logs -r vN`; a slow start: raise `web.health.timeout` in sluice.yaml',
  },
  start_failed: {
    title: 'A container cannot be started',
    cause: 'USER, WORKDIR, ENTRYPOINT or CMD name something that is not in the image',
    mend: 'check them in the Dockerfile, and the Procfile; then push again',
  },
  no_command: {
    title: 'Nothing says what to run',
    cause: 'neither the Procfile nor the image (CMD) has a command for it',
    mend: 'add `web: COMMAND` to the Procfile, or CMD to the Dockerfile',
  },
  no_shell: {
    title: 'The image has no /bin/sh, by which a command of the Procfile is started',
    cause: 'it is made from scratch or distroless',
    mend: 'add `COPY --from=busybox:musl /bin/busybox /bin/sh` to its last stage, or leave the Procfile out',
  },
  image_missing: {
    title: 'The image of a release is gone',
    cause: 'it was removed from the registry or the engine by hand',
    mend: 'build its commit again: `sluice builds:create --commit COMMIT`',
  },
  image_pull_failed: {
    title: 'The cluster cannot pull the image',
    cause: 'the registry is away, or refuses the nodes',
    mend: 'it goes on trying; an admin looks with `sluice doctor`',
  },
  config_not_there: {
    title: 'What a replica is given is not in the cluster',
    cause: 'its Secret was deleted by hand',
    mend: 'it is put back by itself; what it should be: `sluice config`',
  },
  config_missing: {
    title: "A release's config is not there any more",
    cause: 'the journal was restored from an older copy',
    mend: '`sluice config:set` makes a release with the newest config',
  },
  quota_exceeded: {
    title: 'A quota of the cluster has no room',
    cause: "the app's namespace allows no more pods, memory or CPU",
    mend: '`sluice ps:scale` to fewer replicas, or an admin raises the ResourceQuota',
  },
  pod_refused: {
    title: 'The cluster refuses to make a pod',
    cause: 'a policy or a web hook of the cluster',
    mend: 'an admin looks: `kubectl get events -n NAMESPACE`',
  },
  node_not_ready: {
    title: 'The node of a replica does not answer',
    cause: 'it was restarted, cut off or lost',
    mend: 'it is made anew elsewhere by itself; an admin looks: `kubectl get nodes`',
  },
  no_subnet_left: {
    title: 'No network is left for another app',
    cause: 'SLUICE_APP_SUBNET is used up',
    mend: 'destroy apps that nobody uses, or an admin widens SLUICE_APP_SUBNET',
  },
  no_address_left: {
    title: 'No address is left in the network of the app',
    cause: 'it has very many replicas',
    mend: '`sluice ps:scale` to fewer replicas',
  },
  restart_failed: {
    title: 'A replica could not be replaced',
    cause: 'its new one did not become ready; the old one goes on',
    mend: '`sluice ps` says why; `sluice logs`',
  },
  paused: {
    title: 'A container is paused',
    cause: "somebody paused it by hand, with the engine's own command",
    mend: '`docker unpause NAME`, as an admin',
  },
  stopped: {
    title: 'A container was stopped',
    cause: "somebody stopped it by hand, with the engine's own command",
    mend: 'it is started again by itself; `sluice ps`',
  },
  one_off_exists: {
    title: 'A command of this name runs already',
    cause: 'the platform was interrupted while it started it',
    mend: 'nothing: it is followed from now on',
  },
  image_in_use: {
    title: 'The engine still needs the image',
    cause: 'a container that ends now uses it',
    mend: 'nothing: it is removed later',
  },
} as const satisfies Record<string, ReasonText>;
