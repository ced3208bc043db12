import type { NewLogstore, Project } from '../projects.ts';
import { parameterInvalid, ServiceError } from '../service-error.ts';
import { delimiters, type FieldType, type IndexConfig } from '../store/index-config.ts';
import type { Logstore } from '../store/logstore.ts';
import { jsonReply, type Reply } from './reply.ts';
import { readJsonObject, type ServiceRequest } from './request.ts';

const maxListed = 500;
const fieldTypes: readonly FieldType[] = ['text', 'long', 'double'];

/** https://www.alibabacloud.com/help/en/sls/developer-reference/api-sls-2020-12-30-listlogstores */
export function listLogStoresReply({ query }: ServiceRequest, { logstores }: Project): Reply {
  const part = query.get('logstoreName') ?? '';
  const mode = query.get('mode') ?? '';
  const found = [...logstores.values()].filter(
    (logstore) => logstore.name.includes(part) && (mode === '' || logstore.mode === mode),
  );
  const offset = pageNumber(query.get('offset'), 0);
  const size = Math.min(pageNumber(query.get('size'), maxListed), maxListed);
  const names = found.map(({ name }) => name).sort();
  const listed = names.slice(offset, offset + size);
  return jsonReply({ count: listed.length, total: names.length, logstores: listed });
}

/** The Node SDK sends an empty text for a parameter that is not given. */
function pageNumber(text: string | undefined, otherwise: number): number {
  if (text === undefined || text === '') return otherwise;
  if (!/^\d{1,9}$/.test(text)) throw parameterInvalid(`page ${text} is not a number`);
  return Number(text);
}

/** https://www.alibabacloud.com/help/en/sls/developer-reference/api-sls-2020-12-30-getlogstore */
export function getLogStoreReply({ name, mode, createdSeconds }: Logstore): Reply {
  return jsonReply({
    logstoreName: name,
    mode,
    ttl: 30,
    hot_ttl: 0,
    shardCount: 2,
    autoSplit: true,
    maxSplitShard: 64,
    enable_tracking: false,
    appendMeta: true,
    telemetryType: '',
    productType: '',
    createTime: createdSeconds,
    lastModifyTime: createdSeconds,
  });
}

/**
 * Throws ServiceError 400 IndexConfigNotExist for a logstore without index.
 * https://www.alibabacloud.com/help/en/sls/developer-reference/api-sls-2020-12-30-getindex
 */
export function getIndexReply({ index, mode, createdSeconds }: Logstore): Reply {
  if (!index) throw new ServiceError(400, 'IndexConfigNotExist', "index config doesn't exist.");
  const text = { token: Array.from(delimiters), caseSensitive: false, chn: false };
  const keys = Object.entries(index.fields).map(([field, type]) => [
    field,
    { type, alias: '', doc_value: mode === 'standard', ...(type === 'text' && text) },
  ]);
  return jsonReply({
    index_mode: 'v2',
    storage: 'pg',
    ttl: 30,
    max_text_len: 2048,
    log_reduce: false,
    lastModifyTime: createdSeconds,
    ...(index.fullText !== false && { line: text }),
    keys: Object.fromEntries(keys) as unknown,
  });
}

/** Reads the body of CreateLogStore. Throws ServiceError 400. */
export function readCreateLogStore(request: ServiceRequest): NewLogstore {
  const { logstoreName: name, ttl, shardCount, mode = 'standard' } = readJsonObject(request);
  if (typeof name !== 'string') throw parameterInvalid('logstoreName is missing');
  for (const [key, value] of Object.entries({ ttl, shardCount }))
    if (typeof value !== 'number' || value < 1) throw parameterInvalid(`${key} must be a positive integer`);
  if (mode !== 'standard' && mode !== 'query') throw parameterInvalid('mode must be standard or query');
  return { name, mode, index: undefined };
}

/** Reads the body of CreateIndex. Throws ServiceError 400. */
export function readCreateIndex(request: ServiceRequest): IndexConfig {
  const { line, keys } = readJsonObject(request);
  const fields: Record<string, FieldType> = {};
  for (const [field, settings] of Object.entries((keys ?? {}) as Record<string, { type?: unknown } | null>)) {
    const type = fieldTypes.find((known) => known === settings?.type);
    if (!type) throw parameterInvalid(`index type of ${field} must be text, long or double`);
    fields[field] = type;
  }
  if (line === undefined && Object.keys(fields).length === 0)
    throw parameterInvalid('at least one of line and keys is needed');
  return { fields, fullText: line !== undefined };
}
