// Verbs and streams a plugin offers; each is a CLI command, an HTTP call and a task's `uses:` at once.
import type { SchemaOf } from '../schema/schema.ts';
import type { Context } from './context.ts';

export interface CommandLine {
  /** Own verb, `ps` or `backup run`. Default: the name with dots as spaces. */
  readonly verb?: string;
  /** Input keys taken by position, in order. The last may be a list. */
  readonly positionals?: readonly string[];
}

export interface Action<In = unknown, Out = unknown> {
  /** `<plugin>.<verb>`. */
  readonly name: string;
  readonly summary: string;
  /** An object schema; its keys become flags. Lists become repeatable flags. */
  readonly input: SchemaOf<In>;
  readonly output?: SchemaOf<Out>;
  /** read: no lease, no review. write: reviewed. destroy: shows exactly what, and asks. */
  readonly effect: 'read' | 'write' | 'destroy';
  /** Runs in a process of its own, with progress, and outlives the daemon. */
  readonly long?: boolean;
  /** On a command line it also works where there is no realm: it asks for nothing that is declared. */
  readonly anywhere?: boolean;
  readonly cli?: CommandLine;
  run(input: In, ctx: Context): Promise<Out>;
}

/** A source of items that goes on until the reader leaves. */
export interface Stream<In = unknown, Item = unknown> {
  readonly name: string;
  readonly summary: string;
  readonly input: SchemaOf<In>;
  readonly item: SchemaOf<Item>;
  readonly cli?: CommandLine;
  open(input: In, ctx: Context): AsyncIterable<Item>;
}
