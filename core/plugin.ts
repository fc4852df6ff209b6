// What a plugin may import: the contract, schemas, and the few values that go with them.
export type { Action, CommandLine, Stream } from './contract/action.ts';
export type { ApiName, RealmApis } from './contract/apis.ts';
export type { Context, Log, Progress, Rows, RunRequest, RunView } from './contract/context.ts';
export type { EventName, RealmEvent, RealmEvents } from './contract/events.ts';
export type { HookName, RealmHooks, Step, TapOptions, Wait } from './contract/hooks.ts';
export { absent, again, blocked, done, elsewhere, unknown } from './contract/kind.ts';
export type {
  Change,
  Condition,
  Derived,
  Kind,
  NotSeen,
  Outcome,
  Override,
  Problem,
  Resource,
} from './contract/kind.ts';
export { definePlugin } from './contract/plugin.ts';
export type { Plugin, Setup } from './contract/plugin.ts';
export { RealmError } from './errors.ts';
export { writeAtomic } from './files.ts';
export type { Ref } from './model/ref.ts';
export { dueSlots, latestSlot, nextSlot, parseSchedule, runKey, slots } from './schedule.ts';
export type { Schedule } from './schedule.ts';
export { s, Secret } from './schema/schema.ts';
export type { Infer, SchemaOf } from './schema/schema.ts';
