// Codes for runs, schedules and processes.
export const runCodes = {
  RUN_UNKNOWN: { retry: false, explain: 'There is no run with this id. `realm runs` lists them.' },
  RUN_ENDED: { retry: false, explain: 'The run has already ended, so it cannot be cancelled.' },
  RUN_FOLDER_UNREADABLE: {
    retry: false,
    explain:
      'The folder of a run has no request that can be read, so there is nothing to execute. Only the daemon writes these folders; start the action again with its own command.',
  },
  RUN_CANNOT_WRITE: {
    retry: false,
    explain:
      'A long action runs in a process of its own, beside the one that writes the state. There it can read rows, runs and resources, but not store rows, state events or start runs. What it has to say goes into its output; this is a defect of its plugin.',
  },
  SCHEDULE_INVALID: {
    retry: false,
    explain:
      'The schedule is not a cron pattern (minute hour day month weekday) that croner understands, never comes due, or its time zone is unknown.',
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
  PROCESS_START_INVALID: {
    retry: false,
    explain:
      'A process cannot be started with these words: the command is empty or begins with a dash, an environment variable has a name no shell accepts, or a text holds a NUL byte. The message says which.',
  },
  PROCESS_START_FAILED: {
    retry: true,
    explain:
      'The small shell that starts all processes could not start this one: its folder cannot be written, or no process can be made now. The message says why.',
  },
  PROCESS_SYSTEM_UNSUPPORTED: {
    retry: false,
    explain: 'Realm watches processes on Linux and macOS only. On Windows use WSL.',
  },
} as const;
