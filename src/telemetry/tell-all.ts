type Listener = (...event: unknown[]) => void;

/**
 * Returns an observer that passes each event to all of the given ones, in order.
 *
 * @param first has a method for every event; the others have one for the events that they use
 */
export function tellAll<Observer extends object>(
  first: Observer,
  ...others: readonly Partial<Observer>[]
): Observer {
  const observers = [first, ...others] as readonly Readonly<Record<string, Listener | undefined>>[];
  const methods = methodNamesOf(first).map((name) => {
    const tell: Listener = (...event) => {
      for (const observer of observers) observer[name]?.(...event);
    };
    return [name, tell] as const;
  });
  return Object.fromEntries(methods) as Observer;
}

/** An object has its methods itself; an instance has them from its class. */
function methodNamesOf(observer: object): string[] {
  const prototype = Object.getPrototypeOf(observer) as object;
  const holder = prototype === Object.prototype ? observer : prototype;
  return Object.getOwnPropertyNames(holder).filter((name) => name !== 'constructor');
}
