/** What a call gives; nothing where it throws: storage may be full or forbidden at any time, or reading it may throw. */
export function attempt<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch {
    return undefined;
  }
}
