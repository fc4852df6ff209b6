// The GPUs of this machine, looked at by the driver that its host names; what cannot be read is unknown, never idle.
import type { Context, GpusView, GpuView } from 'realm-runner/plugin';
import { hostsOf, type Selves } from '../selves.ts';
import type { GpuSource } from '../spec.ts';
import { AMD_SMI_COMMAND, parseAmdSmi } from './amd-smi.ts';
import { readAmd } from './amd.ts';
import { NVIDIA_COMMAND, NVIDIA_PERIOD_MS, parseNvidia, unreadable } from './nvidia.ts';
import { parseOwn } from './own-command.ts';
import { askTool, type Lines, startTool } from './tool.ts';

const TICK_MS = 5_000;
const ASK_MS = 10_000;
/** Periods without a word, after which a reading says nothing and a tool that prints by itself is started anew. */
const SILENT = 3;
/** After a tool ended by itself: it is missing, or its driver is. */
const AGAIN_MS = 30_000;

/** Only a daemon looks. */
export const NOT_LOOKED = 'nobody has looked yet';

interface Reading {
  readonly at: number;
  readonly gpu: GpuView;
}

export class Gpus {
  readonly #selves: Selves;
  #source: GpuSource | undefined;
  #readings = new Map<number, Reading>();
  #why = NOT_LOOKED;
  #loop: { readonly tool: Lines; lastAt: number } | undefined;
  #notBefore = 0;

  constructor(selves: Selves) {
    this.#selves = selves;
  }

  view(ctx: Context): GpusView {
    if (this.#source === 'none') return { is: 'none', why: 'its host names no GPUs', at: null, gpus: [] };
    const now = ctx.now();
    const readings = [...this.#readings.values()].toSorted((one, other) => one.gpu.index - other.gpu.index);
    const at = readings.length === 0 ? null : Math.max(...readings.map((reading) => reading.at));
    const isOld = (reading: Reading): boolean => now - reading.at > SILENT * TICK_MS;
    const gpus = readings.map((reading) => (isOld(reading) ? unreadable(reading.gpu.index) : reading.gpu));
    const isKnown = this.#why === '' && readings.length > 0 && !readings.every(isOld);
    if (isKnown) return { is: 'known', why: '', at, gpus };
    return {
      is: 'unknown',
      why: this.#why || 'nothing was read lately',
      at,
      gpus: gpus.map(({ index }) => unreadable(index)),
    };
  }

  /** Until the context ends. Which driver is asked follows the config. */
  async watch(ctx: Context): Promise<void> {
    for await (const _ of ctx.every(TICK_MS)) {
      const source = await this.#sourceNow(ctx);
      if (JSON.stringify(source) !== JSON.stringify(this.#source)) this.#begin(source);
      await this.#look(source, ctx);
    }
    this.#loop?.tool.kill();
  }

  async #sourceNow(ctx: Context): Promise<GpuSource> {
    try {
      const { id } = await this.#selves.self(ctx);
      return hostsOf(ctx).find(({ name }) => name === id)?.spec.gpus ?? 'none';
    } catch {
      return 'none'; // it was told to be a host that is not declared, which looks at hosts say
    }
  }

  #begin(source: GpuSource): void {
    this.#loop?.tool.kill();
    this.#loop = undefined;
    this.#source = source;
    this.#readings.clear();
    this.#notBefore = 0;
    this.#why = NOT_LOOKED;
  }

  async #look(source: GpuSource, ctx: Context): Promise<void> {
    if (source === 'none') return;
    if (source === 'nvidia-smi') return this.#loopOn(NVIDIA_COMMAND, ctx);
    try {
      this.#take(await read(source, ctx), ctx.now());
    } catch (error) {
      this.#why = `${nameOf(source)}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  #take(gpus: readonly GpuView[], at: number): void {
    this.#readings = new Map(gpus.map((gpu) => [gpu.index, { at, gpu }]));
    this.#why = gpus.length === 0 ? 'no GPU was found' : '';
  }

  /** Keeps it running; one that is silent hangs with its driver, and is killed. */
  #loopOn(command: readonly string[], ctx: Context): void {
    const now = ctx.now();
    if (this.#loop !== undefined) {
      if (now - this.#loop.lastAt <= SILENT * NVIDIA_PERIOD_MS) return;
      this.#why = `${command[0]} has said nothing for ${SILENT * (NVIDIA_PERIOD_MS / 1000)} s`;
      this.#loop.tool.kill();
      this.#loop = undefined;
      this.#notBefore = now + AGAIN_MS;
    }
    if (now < this.#notBefore) return;
    const tool = startTool(command, ctx.paths.root, (line) => {
      if (this.#loop?.tool !== tool) return; // the last words of one that was replaced
      this.#loop.lastAt = ctx.now();
      this.#hear(line, ctx.now());
    });
    this.#loop = { tool, lastAt: now };
    void tool.ended.then((why) => {
      if (this.#loop?.tool !== tool) return;
      this.#loop = undefined;
      this.#why = `${command[0]}: ${why}`;
      this.#notBefore = ctx.now() + AGAIN_MS;
    });
  }

  /** A line that is no GPU's is the driver's complaint, and nothing that it says meanwhile is believed. */
  #hear(line: string, at: number): void {
    if (line.trim() === '') return;
    const gpu = parseNvidia(line);
    if (gpu === undefined) {
      this.#why = `nvidia-smi says: ${line.trim().slice(0, 200)}`;
      this.#readings.clear();
    } else {
      this.#why = '';
      this.#readings.set(gpu.index, { at, gpu });
    }
  }
}

const nameOf = (source: GpuSource): string => (typeof source === 'string' ? source : source.command[0]!);

async function read(source: Exclude<GpuSource, 'none' | 'nvidia-smi'>, ctx: Context): Promise<readonly GpuView[]> {
  if (source === 'amd') return readAmd();
  if (source === 'amd-smi') return parseAmdSmi(await askTool(AMD_SMI_COMMAND, ASK_MS, ctx));
  return parseOwn(await askTool(source.command, ASK_MS, ctx));
}
