import { z } from 'zod';
import { configSchema } from '../../src/config/schema.ts';
import { adapterValues } from './adapter-values.ts';

/** The parts of a JSON Schema that this file uses. */
export interface JsonSchema {
  $schema?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly [keyword: string]: unknown;
}

/** Settings that the chart sets by flags, which override the file. */
const setByChart: Readonly<Record<string, readonly string[]>> = {
  server: ['bindAddress', 'securePort', 'tlsCertFile', 'tlsPrivateKeyFile', 'certDir', 'authentication'],
  keda: ['port', 'clientCaFile'],
  kubernetes: ['kubeconfig', 'manageApiService', 'serviceName', 'serviceNamespace'],
};

/** Returns values.schema.json of charts/sls-metrics-adapter: the adapter's configuration below `config`, and the other values. */
export function adapterValuesSchema(): JsonSchema {
  const { $schema, properties, required, ...own } = jsonSchema(adapterValues);
  return {
    $schema: $schema ?? '',
    ...own,
    properties: {
      config: configValuesSchema(),
      ...properties,
      // Helm sets it in subcharts.
      global: { type: 'object' },
    },
    required: ['config', ...(required ?? [])],
  };
}

function configValuesSchema(): JsonSchema {
  const { properties = {}, ...schema } = jsonSchema(configSchema);
  delete schema.$schema;
  const sections = Object.entries(properties).map(([name, section]) => {
    const excluded = setByChart[name] ?? [];
    const included = Object.entries(section.properties ?? {}).filter(([key]) => !excluded.includes(key));
    return [
      name,
      section.properties === undefined ? section : { ...section, properties: Object.fromEntries(included) },
    ];
  });
  const description =
    "The adapter's configuration, as in docs/configuration.md, without the settings that the chart itself sets";
  return {
    description,
    ...schema,
    properties: Object.fromEntries(sections) as JsonSchema['properties'] & object,
  };
}

/** Uses a draft that all versions of Helm know. It leaves out defaults: values.yaml or the adapter has them. */
const jsonSchema = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema: node }) => {
      delete node.default;
      // Helm's regular expressions allow at most 1,000 repetitions; the adapter checks the exact number.
      if (node.pattern !== undefined) node.pattern = node.pattern.replaceAll(/\{(\d+),\d{4,}\}/g, '{$1,}');
    },
  }) as JsonSchema;
