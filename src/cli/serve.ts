import { reopenedRules } from '../access/reopened-rules.ts';
import { loadConfig } from '../config/load.ts';
import { startService, type Service } from '../service.ts';
import { createEventLog } from '../telemetry/event-log.ts';
import { createLogger, levelToggle } from '../telemetry/logger.ts';
import type { Flags } from './command-config.ts';
import { aborted, type Io } from './io.ts';

/** Serves until SIGINT, SIGTERM or SIGHUP. */
export async function serve(flags: Flags, io: Io): Promise<void> {
  const config = loadConfig({ flags, env: io.env });
  const logger = createLogger(config.log.level);
  io.onLogSignal?.(levelToggle(logger));
  const telemetry = createEventLog(logger);
  for (const reopened of reopenedRules(config.access.rules)) telemetry.accessRuleReopened(reopened);
  const service = await startService(config, io, telemetry);
  if (config.server.authentication === 'none') logger.info(readingHint(service));
  await aborted(io.signal);
  await service.stop(String(io.signal.reason));
}

/** kubectl would ask for credentials, which such an adapter does not know. */
const readingHint = ({ url, certificateFile }: Service) =>
  `Every client on this machine may read: curl --cacert ${certificateFile} '${url}/apis/external.metrics.k8s.io/v1beta1/namespaces/default/sls_ingress_qps?labelSelector=sls.project=P,sls.logstore=L,sls.ingress.route=R'`;
