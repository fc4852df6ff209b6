// Codes for the command line.
export const commandCodes = {
  USAGE: {
    retry: false,
    explain: 'The command line is wrong. `realm --help` or `realm VERB --help` shows what is understood.',
  },
  CODE_UNKNOWN: { retry: false, explain: '`realm explain` knows no such code. Without a code it lists all of them.' },
  OUTPUT_UNWRITABLE: {
    retry: false,
    explain: 'The file named on the command line could not be written. What was in it before is still there.',
  },
  INTERNAL: {
    retry: false,
    explain: 'Realm itself failed. This is a defect: please report the message together with the log.',
  },
} as const;
