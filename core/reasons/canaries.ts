import type { ReasonText } from './reason-text.ts';

/** What a canary showed. */
export const CANARIES = {
  canary_worse: {
    title: "More of the canary's requests failed than of what is live",
    cause: 'the new code fails on requests that the old one answers',
    mend: '`sluice rollouts:show vN` has the numbers, `sluice logs -r vN` what it printed; mend it and push again',
  },
  canary_slow: {
    title: 'The canary answered much slower than what is live',
    cause: 'a query without an index, a cache that is cold, or a call to another service',
    mend: '`sluice rollouts:show vN`; where slower is right: raise `canary.max_latency_ratio` in sluice.yaml',
  },
  canary_crashed: {
    title: 'Replicas of the canary ended by themselves',
    cause: 'an error that nothing catches, met by real requests',
    mend: '`sluice logs -r vN`; mend it and push again',
  },
  canary_probes_failed: {
    title: 'Probes sent through the router failed on the canary',
    cause: 'the page of the health check answers with an error under load or by another host name',
    mend: '`sluice logs -r vN`; mend it and push again',
  },
  canary_unanswered: {
    title: 'The canary leaves requests without an answer',
    cause: 'it waits for something without a time limit',
    mend: '`sluice logs -r vN`; give calls to other services a time limit',
  },
  little_traffic: {
    title: 'Too few requests came to compare',
    cause: 'the app is used little; `canary.on_no_data` says what follows',
    mend: '`sluice rollouts:promote` or `sluice rollouts:abort`; or set `canary.on_no_data: promote`',
  },
  metrics_silent: {
    title: 'The router tells no numbers',
    cause: 'it is restarted, or cannot be reached',
    mend: 'it goes on when they come; an admin looks with `sluice doctor`',
  },
  canary_as_good: {
    title: 'The canary is as good as what is live',
    cause: 'nothing: it goes on',
    mend: 'nothing to mend',
  },
  baking: {
    title: 'The step has not lasted long enough yet',
    cause: 'nothing: it goes on',
    mend: 'wait, or `sluice rollouts:promote`',
  },
  few_requests: {
    title: 'Requests are still being counted',
    cause: 'nothing: it goes on',
    mend: 'wait, or `sluice rollouts:promote`',
  },
} as const satisfies Record<string, ReasonText>;
