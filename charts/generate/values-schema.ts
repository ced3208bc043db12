import { z } from 'zod';
import { configSchema } from '../../src/config/schema.ts';
import { adapterValues } from './adapter-values.ts';

/** A JSON Schema, as far as it is looked into here. */
export interface JsonSchema {
  $schema?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly [keyword: string]: unknown;
}

/** Settings that the chart gives as flags, which win over the file. */
const decidedByChart: Readonly<Record<string, readonly string[]>> = {
  server: ['bindAddress', 'securePort', 'tlsCertFile', 'tlsPrivateKeyFile', 'certDir', 'authentication'],
  kubernetes: ['kubeconfig', 'manageApiService', 'serviceName', 'serviceNamespace'],
};

/** values.schema.json of charts/sls-metrics-adapter: the adapter's configuration below `config`, and its own values. */
export function adapterValuesSchema(): JsonSchema {
  const { $schema, properties, required, ...own } = jsonSchema(adapterValues);
  return {
    $schema: $schema ?? '',
    ...own,
    properties: {
      config: configValuesSchema(),
      ...properties,
      // Helm gives it to every chart that is part of another.
      global: { type: 'object' },
    },
    required: ['config', ...(required ?? [])],
  };
}

function configValuesSchema(): JsonSchema {
  const { properties = {}, ...schema } = jsonSchema(configSchema);
  delete schema.$schema;
  const sections = Object.entries(properties).map(([name, section]) => {
    const decided = decidedByChart[name] ?? [];
    const left = Object.entries(section.properties ?? {}).filter(([key]) => !decided.includes(key));
    return [
      name,
      section.properties === undefined ? section : { ...section, properties: Object.fromEntries(left) },
    ];
  });
  const description =
    "The adapter's configuration, as in docs/configuration.md; what the chart itself decides is not in it";
  return {
    description,
    ...schema,
    properties: Object.fromEntries(sections) as JsonSchema['properties'] & object,
  };
}

/** In the draft that every Helm knows, without defaults: those are in values.yaml, or the adapter's own. */
const jsonSchema = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema: node }) => {
      delete node.default;
      // Helm's regular expressions repeat up to 1,000 times; the adapter counts the rest.
      if (node.pattern !== undefined) node.pattern = node.pattern.replaceAll(/\{(\d+),\d{4,}\}/g, '{$1,}');
    },
  }) as JsonSchema;
