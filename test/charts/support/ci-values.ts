import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { chartDirectory } from './helm.ts';

/** A values file with which a chart must render. */
interface CiValues {
  /** E.g. `cert-manager` for `ci/cert-manager-values.yaml`. */
  readonly name: string;
  readonly file: string;
}

/** Returns the files `ci/*-values.yaml` of a chart, sorted by name. */
export function ciValues(chart: string): CiValues[] {
  const directory = join(chartDirectory(chart), 'ci');
  return readdirSync(directory)
    .filter((file) => file.endsWith('-values.yaml'))
    .sort()
    .map((file) => ({ name: basename(file, '-values.yaml'), file: join(directory, file) }));
}

/** Returns the files `values-*.yaml` of a chart, its examples, sorted by name. */
export function exampleValues(chart: string): CiValues[] {
  const directory = chartDirectory(chart);
  return readdirSync(directory)
    .filter((file) => /^values-.*\.yaml$/.test(file))
    .sort()
    .map((file) => ({ name: `the example ${file}`, file: join(directory, file) }));
}
