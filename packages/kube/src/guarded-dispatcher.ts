import { DecoratorHandler, type Dispatcher } from 'undici';
import { KubeError } from './kube-error.ts';

/**
 * The same pool of connections, but a request is written only if `onlyIf` says so once there is a connection for it; else it fails with
 * `aborted`.
 */
export function guardedBy(
  dispatcher: Dispatcher,
  onlyIf: () => boolean,
  request: string,
): Pick<Dispatcher, 'request'> {
  return dispatcher.compose((dispatch) => (options, handler) => {
    const guard: Dispatcher.DispatchHandler = {
      // undici calls this directly before it writes the request. To throw ends the request only; to abort would reset the connection too.
      onRequestStart: (...start) => {
        if (!onlyIf())
          throw new KubeError('aborted', 'not sent: it may not be any more', { request });
        handler.onRequestStart?.(...start);
      },
    };
    return dispatch(options, Object.assign(new DecoratorHandler(handler), guard));
  });
}
