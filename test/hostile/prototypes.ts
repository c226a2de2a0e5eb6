/** Names that objects have without anybody giving them. */
export const NAMES = [
  ...['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'isPrototypeOf', 'toString'],
  ...['toLocaleString', 'valueOf', 'propertyIsEnumerable', '__defineGetter__', '__lookupSetter__'],
  ...['toJSON', 'then', 'length', 'name', 'caller', 'arguments', 'undefined', 'null', 'NaN'],
];

const PROTOTYPES = [Object, Array, Function, String, Number, Map, Set, Promise, Error].map(
  ({ prototype }): object => prototype as object,
);

/** What pollution would change. */
export function describePrototypes(): string[] {
  return PROTOTYPES.flatMap((prototype) =>
    Reflect.ownKeys(prototype).map((key) => {
      const found = Reflect.getOwnPropertyDescriptor(prototype, key);
      return `${prototype.constructor.name} ${String(key)} ${typeof found?.value} ${typeof found?.get}`;
    }),
  );
}
