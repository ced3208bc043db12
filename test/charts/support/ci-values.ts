import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { chartDirectory } from './helm.ts';

/** A file of values that a chart must render with. */
export interface CiValues {
  /** E.g. `cert-manager`, of `ci/cert-manager-values.yaml`. */
  readonly name: string;
  readonly file: string;
}

/** `ci/*-values.yaml` of a chart, by name. */
export function ciValues(chart: string): CiValues[] {
  const directory = join(chartDirectory(chart), 'ci');
  return readdirSync(directory)
    .filter((file) => file.endsWith('-values.yaml'))
    .sort()
    .map((file) => ({ name: basename(file, '-values.yaml'), file: join(directory, file) }));
}
