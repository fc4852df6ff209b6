// What a plugin may import: the contract, schemas, and the few values that go with them.
export { table } from './cells.ts';
export { nextTurn } from './clock.ts';
export type { Action, CommandLine, Stream } from './contract/action.ts';
export type {
  ApiName,
  BackupApi,
  GpusView,
  GpuView,
  HostsApi,
  HostView,
  RealmApis,
  ResolvedService,
  SelfView,
  ThereView,
} from './contract/apis.ts';
export type {
  AskOptions,
  Asked,
  Context,
  Log,
  Progress,
  Questions,
  Rows,
  RunRequest,
  RunView,
  ThisMachine,
  ToolAnswer,
} from './contract/context.ts';
export type { EventName, RealmEvent, RealmEvents } from './contract/events.ts';
export type { HookName, RealmHooks, Step, Stopping, TapOptions, Wait } from './contract/hooks.ts';
export { absent, again, blocked, done, elsewhere, unknown } from './contract/kind.ts';
export type {
  Change,
  Condition,
  Derived,
  Edge,
  Kind,
  NotSeen,
  Outcome,
  Override,
  Problem,
  Resource,
  Until,
} from './contract/kind.ts';
export { definePlugin } from './contract/plugin.ts';
export type { Plugin, Setup } from './contract/plugin.ts';
export type { Exit, Identity, ProcessHandle, Processes, Sight, StartWish } from './contract/processes.ts';
export { RealmError } from './errors.ts';
export { writeAtomic } from './files.ts';
export { readRegular } from './regular-file.ts';
export type { StandingCondition } from './model/conditions.ts';
export type { Ref } from './model/ref.ts';
export { dueSlots, latestSlot, nextSlot, parseSchedule, runKey, slots } from './schedule.ts';
export type { Schedule } from './schedule.ts';
export { s, Secret } from './schema/schema.ts';
export type { Infer, SchemaOf } from './schema/schema.ts';
