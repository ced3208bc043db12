import type { Logger } from 'pino';
import type { KubeObserver } from '../kube/client/kube-observer.ts';
import type { FoldedFailures } from './folded-failures.ts';

/** What is logged of the API server. */
export function createKubeLog(logger: Logger, failures: FoldedFailures): KubeObserver {
  return {
    listed: (event) => logger.debug(event, 'listed from the API server'),
    watchEnded: (event) => {
      const log = event.reason === 'failed' || event.reason === 'silent' ? 'warn' : 'debug';
      logger[log](event, 'a watch of the API server ended and is started again');
    },
    objectAbsent: (event) => logger.warn(event, 'not there; the last value stands'),
    configLoaded: (event) => logger.info(event, 'authentication configuration loaded'),
    configMalformed: (event) =>
      logger.error(
        event,
        'ConfigMap kube-system/extension-apiserver-authentication is malformed; the last one stands',
      ),
    reviewFailed: (event) =>
      failures.tell(event.kind, (repeats) =>
        logger.warn({ ...event, repeats }, 'a review got no answer from the API server'),
      ),
    apiServiceUpdated: (event) => logger.info(event, 'caBundle updated'),
    apiServiceForeign: (event) =>
      logger.error(event, 'the APIService belongs to another provider and is left alone'),
    apiServiceFailed: (event) => logger.warn(event, 'the APIService could not be kept'),
    autoscalersOn: (event) => logger.info(event, 'HPAs are watched; what they name is kept fresh'),
    autoscalersOff: (event) =>
      logger.warn(event, `HPAs are not watched; ${autoscalersOffRemedies[event.reason]}`),
    eventUnwritten: (event) =>
      logger.warn(
        event,
        'no Event could be written on an HPA; grant create and patch on events of group events.k8s.io, or set kubernetes.events to false',
      ),
  };
}

const autoscalersOffRemedies = {
  forbidden:
    'grant get, list and watch on horizontalpodautoscalers of group autoscaling to keep fresh what they name',
  unserved: 'the cluster serves neither autoscaling/v2 nor v2beta2, so only what is read is kept fresh',
} as const;
