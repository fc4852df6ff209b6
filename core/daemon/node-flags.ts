// What Node is told when it runs a daemon, so that it need not start twice. bin/realm holds the same list; a test compares.

/** Why each: decisions 38, 79 and 84 in core/README.md. */
export const DAEMON_NODE_FLAGS = [
  '--max-semi-space-size=16',
  '--expose-gc',
  '--no-concurrent-recompilation',
  '--no-turbofan',
] as const;
