import protobuf from 'protobufjs/light.js';
import textformat from 'protobufjs/ext/textformat.js';

const field = (id: number, type: string, rule?: 'repeated') => ({
  id,
  type,
  ...(rule === undefined ? {} : { rule }),
});

/**
 * The messages of TensorFlow Serving's configuration files, with the fields that it knows. Source: tensorflow_serving/config,
 * model_server_config.proto, file_system_storage_path_source.proto, monitoring_config.proto.
 */
const root = protobuf.Root.fromJSON({
  nested: {
    ModelServerConfig: { fields: { model_config_list: field(1, 'ModelConfigList') } },
    ModelConfigList: { fields: { config: field(1, 'ModelConfig', 'repeated') } },
    ModelConfig: {
      fields: {
        name: field(1, 'string'),
        base_path: field(2, 'string'),
        model_platform: field(4, 'string'),
        model_version_policy: field(7, 'ServableVersionPolicy'),
      },
    },
    ServableVersionPolicy: {
      oneofs: { policy_choice: { oneof: ['latest', 'all', 'specific'] } },
      fields: {
        latest: field(100, 'Latest'),
        all: field(101, 'All'),
        specific: field(102, 'Specific'),
      },
    },
    Latest: { fields: { num_versions: field(1, 'uint32') } },
    All: { fields: {} },
    Specific: { fields: { versions: field(1, 'int64', 'repeated') } },
    MonitoringConfig: { fields: { prometheus_config: field(1, 'PrometheusConfig') } },
    PrometheusConfig: { fields: { enable: field(1, 'bool'), path: field(2, 'string') } },
  },
});

/**
 * Parses a configuration file as TensorFlow Serving does, by the protobuf text format.
 *
 * @throws Error if it has a field that the message does not have, or a value of another type
 */
export function parseConfig(message: 'ModelServerConfig' | 'MonitoringConfig', text: string): unknown {
  const type = root.lookupType(message);
  return type.toObject(textformat.fromText(type, text), { longs: String });
}
