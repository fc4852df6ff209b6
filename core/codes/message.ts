// Codes for messages between agents.
export const messageCodes = {
  MESSAGE_REFUSED: {
    retry: false,
    explain:
      'What was sent is no message: the sentence says what is wrong with it. A message is a JSON object with `to`, and as it likes `type`, `priority` (urgent, high, normal, low), `reference`, `payload`, `context`, `id`, `ttl` and `timestamp`.',
  },
  MESSAGES_FULL: {
    retry: true,
    explain:
      'As many messages for this agent are unfinished as `messages.most` allows. It has to acknowledge some (`realm messages AGENT`), or a person lets some go (`realm messages drop`). What agents write into their outboxes stays there meanwhile.',
  },
  MESSAGE_UNKNOWN: {
    retry: false,
    explain:
      'No message has this id or sequence number. `realm messages` lists them; of finished ones only the newest are remembered.',
  },
  MESSAGE_UNSUITED: {
    retry: false,
    explain:
      'The message is not in a state for this: only what lies in an inbox can be acknowledged, only what is dead or dropped can be tried again, only what is unfinished can be let go.',
  },
};
