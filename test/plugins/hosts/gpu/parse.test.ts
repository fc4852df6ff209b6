// What GPU tools print, as it is found in the wild: by position, by key at any depth, and never taken for idle when unclear.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { readAmd } from '../../../../plugins/hosts/gpu/amd.ts';
import { parseAmdSmi } from '../../../../plugins/hosts/gpu/amd-smi.ts';
import { parseNvidia, unreadable } from '../../../../plugins/hosts/gpu/nvidia.ts';
import { parseOwn } from '../../../../plugins/hosts/gpu/own-command.ts';

const MIB = 1024 * 1024;

test('nvidia-smi: values by position, MiB to bytes', () => {
  expect(parseNvidia('0, 45, 1024, 24564, 60, 100.52, NVIDIA GeForce RTX 4090')).toEqual({
    index: 0,
    utilizationPercent: 45,
    memoryUsedBytes: 1024 * MIB,
    memoryTotalBytes: 24_564 * MIB,
    temperatureC: 60,
    powerWatts: 100.52,
    name: 'NVIDIA GeForce RTX 4090',
  });
});

test.each(['[N/A]', 'N/A', '[Not Supported]', '[Unknown Error]', '[GPU requires reset]', '', '12 %', 'NaN', '1e9'])(
  'nvidia-smi: %j is not known',
  (word) => {
    const { index, ...rest } = parseNvidia(
      [3, word, word, word, word, word, word.startsWith('[') ? word : ''].join(', '),
    )!;
    expect([index, rest]).toEqual([3, { ...unreadable(3), index: undefined }]);
  },
);

test('nvidia-smi: a name may hold commas; a row that is too short only says that the GPU is there', () => {
  expect(parseNvidia('0, 1, 2, 3, 4, 5, Big, Bigger, Biggest')?.name).toBe('Big, Bigger, Biggest');
  expect(parseNvidia('1, 0, 0')).toEqual(unreadable(1));
});

test.each([
  'NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver.',
  'Unable to determine the device handle for GPU0000:01:00.0: Unknown Error',
  'index, utilization.gpu [%], memory.used [MiB]',
  '',
])('nvidia-smi: %j is no GPU', (line) => expect(parseNvidia(line)).toBeUndefined());

test('nvidia-smi: whatever it prints, nothing throws, and a number is only what is written as one', () => {
  const field = fc.oneof(fc.integer({ min: -5, max: 1e6 }).map(String), fc.constant('[N/A]'), fc.string());
  fc.assert(
    fc.property(fc.array(field, { maxLength: 10 }), (fields) => {
      const gpu = parseNvidia(fields.join(', '));
      if (gpu === undefined) return;
      for (const value of [gpu.utilizationPercent, gpu.memoryUsedBytes, gpu.powerWatts])
        expect(value === null || Number.isFinite(value)).toBe(true);
    }),
  );
});

test.each([
  [
    'a list below gpu_data, values with units',
    `{"gpu_data":[{"gpu":0,"usage":{"gfx_activity":{"value":12,"unit":"%"}},"power":{"socket_power":{"value":90,"unit":"W"}},
      "temperature":{"edge":{"value":48,"unit":"C"},"hotspot":{"value":55,"unit":"C"}},
      "mem_usage":{"total_vram":{"value":24560,"unit":"MB"},"used_vram":{"value":512,"unit":"MB"}}}]}`,
  ],
  [
    'a bare list, plain numbers and texts',
    `[{"gpu":0,"usage":{"gfx_activity":"12"},"power":{"socket_power":90},"temperature":{"edge":"48"},
      "mem_usage":{"total_vram":24560,"used_vram":512}}]`,
  ],
])('amd-smi: %s', (_what, text) => {
  expect(parseAmdSmi(text)).toEqual([
    {
      index: 0,
      name: null,
      utilizationPercent: 12,
      memoryUsedBytes: 512 * MIB,
      memoryTotalBytes: 24_560 * MIB,
      temperatureC: 48,
      powerWatts: 90,
    },
  ]);
});

test('amd-smi: N/A is not known; the hotspot stands in for the edge', () => {
  const text = `[{"gpu":1,"usage":{"gfx_activity":"N/A"},"temperature":{"edge":"N/A","hotspot":{"value":70}}}]`;
  expect(parseAmdSmi(text)).toEqual([{ ...unreadable(1), temperatureC: 70 }]);
  expect(() => parseAmdSmi('{}')).toThrow('nothing of GPUs');
  expect(() => parseAmdSmi('ERROR')).toThrow(SyntaxError);
});

test('sysfs: cards of AMD alone, by number; what a card does not tell is not known', async () => {
  const root = mkdtempSync(join(tmpdir(), 'realm-sysfs-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  };
  put('card10/device/vendor', '0x1002');
  put('card1/device/vendor', '0x10de');
  put('card2/device/vendor', '0x1002');
  put('card2/device/gpu_busy_percent', '7');
  put('card2/device/mem_info_vram_used', '1024');
  put('card2/device/mem_info_vram_total', '4096');
  put('card2/device/product_name', 'Radeon PRO W7900');
  put('card2/device/hwmon/hwmon5/temp1_input', '51000');
  put('card2/device/hwmon/hwmon5/power1_average', '35000000');
  put('card2-DP-1/device/vendor', '0x1002');
  expect(await readAmd(root)).toEqual([
    {
      index: 0,
      name: 'Radeon PRO W7900',
      utilizationPercent: 7,
      memoryUsedBytes: 1024,
      memoryTotalBytes: 4096,
      temperatureC: 51,
      powerWatts: 35,
    },
    unreadable(1),
  ]);
  expect(await readAmd(join(root, 'nowhere'))).toEqual([]);
});

test('a command of one’s own: what does not fit is not known', () => {
  expect(parseOwn('[{"name":"x","utilizationPercent":5,"memoryUsedBytes":-1,"powerWatts":"9"}]')).toEqual([
    { ...unreadable(0), name: 'x', utilizationPercent: 5 },
  ]);
  expect(parseOwn('[]')).toEqual([]);
  for (const bad of ['{}', '[1]', '[null]']) expect(() => parseOwn(bad)).toThrow(TypeError);
});
