// What Node is told when it runs a daemon, so that it need not start twice. bin/realm holds the same list; a test compares.

/** Those that every Node knows which Realm runs on. A unit of systemd outlives the Node it was written for. */
export const LASTING_NODE_FLAGS = ['--max-semi-space-size=16', '--expose-gc', '--no-concurrent-recompilation'] as const;

const { versions, config } = process;
/** Node does not start with a flag that it does not know, and others may be built without. */
const hasMaglev =
  versions.node.startsWith('26.') && Boolean((config.variables as { v8_enable_maglev?: unknown }).v8_enable_maglev);

/** Why each: decisions 38, 79 and 84 in core/README.md. */
export const DAEMON_NODE_FLAGS: readonly string[] = [
  ...LASTING_NODE_FLAGS,
  ...(hasMaglev ? ['--maglev-as-top-tier'] : []),
];
