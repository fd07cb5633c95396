import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Chromium on this machine: `CHROMIUM`, or the first one on PATH; undefined if there is none. */
export function findChromium(): string | undefined {
  const { CHROMIUM, PATH = '' } = process.env;
  const folders = PATH.split(delimiter);
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  return CHROMIUM ?? folders.flatMap((folder) => names.map((name) => join(folder, name))).find(existsSync);
}
