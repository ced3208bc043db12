import type { Logger } from 'pino';
import type { KubeObserver } from '../kube/kube-observer.ts';

/** What is logged of the API server. */
export function createKubeLog(logger: Logger): KubeObserver {
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
    reviewFailed: (event) => logger.warn(event, 'a review got no answer from the API server'),
    apiServiceUpdated: (event) => logger.info(event, 'caBundle updated'),
    apiServiceForeign: (event) =>
      logger.error(event, 'the APIService belongs to another provider and is left alone'),
    apiServiceFailed: (event) => logger.warn(event, 'the APIService could not be kept'),
  };
}
