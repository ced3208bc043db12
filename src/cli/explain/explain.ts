import { createAccessCheck } from '../../access/access-check.ts';
import { loadCommandConfig, openReading, type Flags } from '../command-config.ts';
import { writeResult, type Io } from '../io.ts';
import { parseRead, readingTable, type QueryOptions } from '../query.ts';
import type { MetricRequest } from '../../metric/metric-request.ts';
import type { ReadingStack } from '../../service/reading-stack.ts';
import { forecastFigures } from '../../reading/history/forecast-figures.ts';
import { countHistory, figuresText, forecastExplanation } from './explain-forecast.ts';
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
  if (request.metric.isForecast === true) {
    const refused = createAccessCheck(config.access)(access);
    await explainForecast(request, { ...options, run: run && refused === undefined }, reading, io);
    if (refused !== undefined) throw refused;
    return;
  }
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

async function explainForecast(
  request: MetricRequest,
  { namespace, output, run = false }: ExplainOptions,
  reading: ReadingStack,
  io: Io,
): Promise<void> {
  const explanation = forecastExplanation(request, reading, io.clock.now());
  if (run) await countHistory(request, reading, namespace, io.signal);
  const figures = [...reading.forecasts.all()].map(forecastFigures);
  const facts = Object.entries(explanation).map(([name, value]) => `${name.padEnd(12)} ${String(value)}`);
  const text = `${facts.join('\n')}\n\n${figures.map(figuresText).join('')}`;
  writeResult(io, output, { ...explanation, ...(run && { forecasts: figures }) }, text);
  if (!run) return;
  const { items } = await reading.reader.read(request, io.signal);
  if (output !== 'json') io.stdout.write(`${readingTable(items, request.metric, io.clock.now())}\n`);
}
