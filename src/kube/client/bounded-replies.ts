import type { Dispatcher } from 'undici';
import { KubeError } from './kube-error.ts';

/** A page of a list. If one is longer, smaller pages are asked for. @bound - | {mostPageBytes} | - | a constant */
const mostPageBytes = 1024 * 1024;

/**
 * One object, or a page of one. etcd stores objects of up to 1.5 MiB, and Go writes each `<` in JSON as six characters.
 *
 * @bound - | {mostObjectBytes} | - | a constant
 */
const mostObjectBytes = 10 * 1024 * 1024;

/** A review, or an error. @bound - | {mostAnswerBytes} | - | a constant */
const mostAnswerBytes = 1024 * 1024;

/**
 * Ends a request whose reply is too long, or packed, since fetch would unpack it to whatever length it has. The events of a
 * watch have no common bound: each of them has one (`watch-events.ts`).
 */
export const boundedReplies: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => {
  const { method, path } = options;
  const what = `${method} ${path.split('?')[0]}`;
  const isWatch = /[?&]watch=true(&|$)/.test(path);
  const mostOfGet = /[?&]limit=(?!1(&|$))/.test(path) ? mostPageBytes : mostObjectBytes;
  let mostBytes = isWatch ? Infinity : method === 'GET' ? mostOfGet : mostAnswerBytes;
  let bytes = 0;
  return dispatch(options, {
    onRequestStart: (...event) => handler.onRequestStart?.(...event),
    onRequestUpgrade: (...event) => handler.onRequestUpgrade?.(...event),
    onResponseStart(controller, status, headers, ...more) {
      const { 'content-encoding': encoding = 'identity' } = headers;
      if (status > 299) mostBytes = mostAnswerBytes;
      if (encoding === 'identity') handler.onResponseStart?.(controller, status, headers, ...more);
      else
        controller.abort(new KubeError('reply', `${what} answered a packed reply, which was not asked for`));
    },
    onResponseData(controller, chunk) {
      bytes += chunk.length;
      if (bytes <= mostBytes) handler.onResponseData?.(controller, chunk);
      else controller.abort(new KubeError('size', `${what} answered more than ${mostBytes} bytes`));
    },
    onResponseEnd: (...event) => handler.onResponseEnd?.(...event),
    onResponseError: (...event) => handler.onResponseError?.(...event),
  });
};
