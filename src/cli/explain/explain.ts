import { loadCommandConfig, openReading, type Flags } from '../command-config.ts';
import type { Io } from '../io.ts';
import { parseRead, type QueryOptions } from '../query.ts';
import { explanationJson, runJson } from './explanation-json.ts';
import { explanationText, runText } from './explanation-text.ts';
import { explainRead, runExplained } from './explanation.ts';

export interface ExplainOptions extends QueryOptions {
  /** Also sends the query. */
  readonly run?: boolean;
}

/**
 * Prints how the adapter reads one metric and, with `run`, the answer of SLS and the reading.
 *
 * @throws AdapterError the refusal of `access` or the error of the read, after everything known has been printed
 */
export async function explain(metricName: string, options: ExplainOptions & Flags, io: Io): Promise<void> {
  const { namespace, output, run = false } = options;
  const config = await loadCommandConfig(options, io);
  const { request, access } = parseRead(metricName, options, config);
  using reading = openReading(config, io);
  const explanation = explainRead(request, access, config, reading, io.clock.now());
  const { refusal } = explanation.access;
  const isText = output === 'table';
  if (isText) io.stdout.write(explanationText(explanation, namespace));
  const result =
    run && refusal === undefined ? await runExplained(explanation, reading, io.signal) : undefined;
  if (!isText) {
    const json = {
      ...explanationJson(explanation, namespace),
      ...(result && { run: runJson(result, explanation) }),
    };
    io.stdout.write(`${JSON.stringify(json, null, 2)}\n`);
  } else if (result !== undefined) io.stdout.write(runText(result, explanation, io.clock.now()));
  const error = refusal ?? result?.error;
  if (error !== undefined) throw error;
}
