/**
 * Whether an SPDX expression is met by allowed licences alone: of `OR` by one side, of `AND` by
 * both. What is no such expression (`SEE LICENSE IN …`, or one with `WITH`) is met by none.
 */
export function isMetBy(expression: string, allowed: ReadonlySet<string>): boolean {
  const tokens = expression.match(/[()]|[^\s()]+/g) ?? [];
  let next = 0;
  const takes = (token: string) => {
    if (tokens[next] !== token) return false;
    next += 1;
    return true;
  };

  function either(): boolean {
    let isMet = both();
    while (takes('OR')) isMet = both() || isMet;
    return isMet;
  }
  function both(): boolean {
    let isMet = one();
    while (takes('AND')) isMet = one() && isMet;
    return isMet;
  }
  function one(): boolean {
    if (takes('(')) {
      const isMet = either();
      return takes(')') && isMet;
    }
    const licence = tokens[next];
    next += 1;
    return licence !== undefined && allowed.has(licence);
  }

  const isMet = either();
  return isMet && next === tokens.length;
}
