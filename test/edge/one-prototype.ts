/**
 * The pool wraps the class of each object, and gives the wrapper's prototype another proxy each time that an object is
 * constructed: every access goes through all of them, and a file that constructs hundreds of objects takes many times as long
 * (https://github.com/cloudflare/workers-sdk/issues/15092; versions that wrap once need Node 22). One proxy does what all do.
 */
const wrappers = new WeakSet<object>();

/** A wrapper's prototype, as the pool makes it: of a function that it calls `Class`. */
function isOfWrapper(target: object): boolean {
  if (!Object.hasOwn(target, 'constructor')) return false;
  const { constructor: Wrapper } = target;
  return Wrapper.name === 'Class' && Wrapper.prototype === target;
}

globalThis.Proxy = new Proxy(Proxy, {
  construct(Native, [target, handler]: [object, ProxyHandler<object>]) {
    if (wrappers.has(target)) return target;
    const proxy = new Native(target, handler);
    if (isOfWrapper(target)) wrappers.add(proxy);
    return proxy;
  },
});
