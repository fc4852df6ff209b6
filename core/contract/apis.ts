// Objects that plugins lend each other for queries. Strangers add theirs by declaration merging into 'realm-runner/plugin'.
import type { Ref } from '../model/ref.ts';
import type { Context } from './context.ts';

export interface RealmApis {
  readonly hosts: HostsApi;
  readonly backup: BackupApi;
}
export type ApiName = keyof RealmApis & string;

/** Who is who. Each question is asked with the context of whoever asks; nothing here changes anything. */
export interface HostsApi {
  /** Which declared host this machine is. Throws HOST_UNKNOWN when it was told to be one that is not declared. */
  self(ctx: Context): Promise<SelfView>;
  find(id: string, ctx: Context): HostView | undefined;
  /** The URL of a service and why that one; `at`: at this host. Throws SERVICE_UNRESOLVED. */
  resolve(service: string, ctx: Context, at?: string): Promise<ResolvedService>;
  /**
   * Where `<name>/<below>` lies on that host, the name being one of its `paths`; relative to the folder of the config there
   * unless it is absolute. Throws HOST_UNKNOWN, and HOST_PATH_INVALID for an unknown name and for what leads out of it.
   */
  path(id: string, path: string, ctx: Context): string;
  /**
   * How something is on another host, by the health of what that host says it offers under its name: asked there now unless
   * it was lately. undefined: that host does not say that it offers it.
   */
  standing(ref: Ref, host: string, ctx: Context): Promise<ThereView | undefined>;
  /** The GPUs of this machine, as they were when they were last looked at. */
  gpus(ctx: Context): GpusView;
}

/** Which backups there are of what. Bringing something back is an action: `backup.recover`. */
export interface BackupApi {
  /** The backups that save this folder (absolute) as they are declared now, whole or in part, in the order of the config. */
  savedBy(
    folder: string,
    ctx: Context,
  ): readonly {
    /** Its name under `backups:`. */
    readonly policy: string;
    readonly isWhole: boolean;
  }[];
}

export interface SelfView {
  /** null: unregistered, or several hosts could be meant. */
  readonly id: string | null;
  /** One clause, with the values. */
  readonly why: string;
  /** The hosts that it could be, when it could be several. */
  readonly among: readonly string[];
}

export interface ThereView {
  /** null: unknown, as when its host does not answer. */
  readonly isReady: boolean | null;
  /** One clause. */
  readonly why: string;
}

export interface HostView {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly role: string | undefined;
  /** undefined: anything. */
  readonly can: readonly string[] | undefined;
  readonly paths: Readonly<Record<string, string>>;
  readonly services: Readonly<Record<string, number>>;
}

export interface ResolvedService {
  readonly service: string;
  readonly host: string;
  readonly url: string;
  readonly why: string;
  /** Elsewhere it is offered too, in the order of the config. */
  readonly others: readonly { readonly host: string; readonly url: string }[];
}

export interface GpusView {
  /** unknown: they cannot be read now, and count as busy. none: there are none to be looked at. */
  readonly is: 'known' | 'unknown' | 'none';
  readonly why: string;
  /** When they were last read, ms since the epoch. */
  readonly at: number | null;
  readonly gpus: readonly GpuView[];
}

/** null: the driver did not say, and whoever wants an idle GPU takes it for busy. */
export interface GpuView {
  readonly index: number;
  readonly name: string | null;
  readonly utilizationPercent: number | null;
  readonly memoryUsedBytes: number | null;
  readonly memoryTotalBytes: number | null;
  readonly temperatureC: number | null;
  readonly powerWatts: number | null;
}
