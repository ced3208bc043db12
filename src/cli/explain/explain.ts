import { accessReadOf } from '../../access/request-parser.ts';
import { loadConfig } from '../../config/load.ts';
import { parseLabelSelector } from '../../grammar/label-selector.ts';
import { parseMetricRequest } from '../../metric/metric-request.ts';
import { catalogOf } from '../../service/catalog.ts';
import { createReading } from '../../service/reading-stack.ts';
import { createEventLog } from '../../telemetry/event-log.ts';
import { createLogger } from '../../telemetry/logger.ts';
import type { Io } from '../io.ts';
import type { QueryOptions } from '../query.ts';
import { runningFlags } from '../running-flags.ts';
import { explanationJson, runJson } from './explanation-json.ts';
import { explanationText, runText } from './explanation-text.ts';
import { explainRead, runExplained } from './explanation.ts';

export interface ExplainOptions extends QueryOptions {
  /** Sends it, too. */
  readonly run?: boolean;
}

/**
 * Prints what a read of one metric comes down to, and, with `run`, what comes of it.
 *
 * @throws AdapterError what the read would be refused by or fails with, once all that is known is printed
 */
export async function explain(
  metricName: string,
  { selector, namespace, output, run = false }: ExplainOptions,
  flags: Readonly<Record<string, unknown>>,
  io: Io,
): Promise<void> {
  const config = loadConfig({ flags: { ...(await runningFlags(io)), ...flags }, env: io.env });
  const requirements = parseLabelSelector(selector);
  const request = parseMetricRequest(metricName, namespace, requirements, config.defaults, catalogOf(config));
  const reading = createReading(config, io, createEventLog(createLogger(config.log.level)));
  try {
    const access = accessReadOf(namespace, requirements, request);
    const explanation = explainRead(request, access, config, reading, io.clock.now());
    const refusal = explanation.access.refusal;
    const isText = output === 'table';
    if (isText) io.stdout.write(explanationText(explanation, namespace));
    const ran =
      run && refusal === undefined
        ? await runExplained(explanation, reading, io.clock, io.signal)
        : undefined;
    if (isText && ran !== undefined) io.stdout.write(runText(ran, explanation, io.clock.now()));
    if (!isText) {
      const told = {
        ...explanationJson(explanation, namespace),
        ...(ran && { run: runJson(ran, explanation) }),
      };
      io.stdout.write(`${JSON.stringify(told, null, 2)}\n`);
    }
    const error = refusal ?? ran?.error;
    if (error !== undefined) throw error;
  } finally {
    reading.close();
  }
}
