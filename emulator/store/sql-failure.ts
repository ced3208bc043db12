import { parameterInvalid, ServiceError } from '../service-error.ts';

const unknownColumn = /^Binder Error:.*(?:column|Column) "?([^"\s]+)"? (?:not found|does not)/;
const notGrouped = /^Binder Error: column "?([^"]+?)"? must appear in the GROUP BY clause/i;

/**
 * What SLS would answer where DuckDB failed. The part after the first line shows the rewritten SQL, so it stays
 * out of the message.
 */
export function sqlFailure(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const [first = ''] = message.split('\n');
  const column = unknownColumn.exec(first)?.[1];
  if (column !== undefined)
    return parameterInvalid(
      `Column '${column}' cannot be resolved;please add the column in the index attribute`,
      { cause: error },
    );
  const ungrouped = notGrouped.exec(first)?.[1];
  if (ungrouped !== undefined)
    return parameterInvalid(
      `Column '${ungrouped}' not in GROUP BY clause;please add the column in the index attribute`,
      { cause: error },
    );
  if (first.startsWith('INTERRUPT'))
    return new ServiceError(500, 'RequestTimeout', 'The request is timed out', { cause: error });
  if (/^(INTERNAL|IO|FATAL)/i.test(first))
    return new ServiceError(500, 'InternalServerError', first, { cause: error });
  return parameterInvalid(first.replace(/^[A-Z][\w ]*Error: /, ''), { cause: error });
}
