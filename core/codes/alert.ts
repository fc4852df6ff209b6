// Codes for telling people.
export const alertCodes = {
  ALERT_UNKNOWN: {
    retry: false,
    explain: 'No alert of this name is declared in `alerts:`. `realm alerts` lists them.',
  },
  ALERT_UNDELIVERED: {
    retry: true,
    explain:
      'A test message did not get through to every target; the message says which, and why. Real messages are tried again until they are delivered.',
  },
};
