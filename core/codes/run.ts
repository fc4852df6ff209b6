// Codes for runs and schedules.
export const runCodes = {
  RUN_UNKNOWN: { retry: false, explain: 'There is no run with this id. `realm runs` lists them.' },
  RUN_ENDED: { retry: false, explain: 'The run has already ended, so it cannot be cancelled.' },
  SCHEDULE_INVALID: {
    retry: false,
    explain:
      'The schedule is not a cron pattern (minute hour day month weekday) that croner understands, or its time zone is unknown.',
  },
  ACTION_UNKNOWN: {
    retry: false,
    explain: 'No plugin in use offers this action. `realm plugin list` shows the plugins, `realm --help` the verbs.',
  },
  ACTION_INPUT_INVALID: {
    retry: false,
    explain: 'The input does not fit the schema of the action. The message says which part.',
  },
  ACTION_FAILED: { retry: false, explain: "The action threw. The message is the plugin's own." },
} as const;
