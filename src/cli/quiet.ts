/**
 * The Stellar SDK is bundled with code that calls `Buffer()`; Node keeps quiet about that inside `node_modules` and not in a
 * checkout. Every other warning goes on.
 */
export function quietBundledDeprecation(): void {
  const emit = process.emitWarning as (...args: unknown[]) => void;
  process.emitWarning = ((...args: unknown[]) => {
    if (!args.includes('DEP0005')) emit.apply(process, args);
  }) as typeof process.emitWarning;
}
