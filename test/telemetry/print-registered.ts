import { trace } from '@opentelemetry/api';

/** The API's wrapper, which may be of another copy of the API, has a delegate once an SDK is registered. */
function findRegistered(provider: object): unknown {
  if (!('getDelegate' in provider) || typeof provider.getDelegate !== 'function') return provider;
  return Reflect.apply(provider.getDelegate, provider, []);
}

const registered = findRegistered(trace.getTracerProvider());
const name = registered instanceof Object ? registered.constructor.name : '';
console.log(name.startsWith('Noop') ? 'nothing' : name);
