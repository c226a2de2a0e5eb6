/** What is wrong with a URL of Redis. It holds a password, and nothing of it is in a problem. */
export function redisUrlProblem(text: string): string | undefined {
  if (!/^rediss?:\/\/[^\s]+$/.test(text) || !URL.canParse(text)) {
    return 'must be a URL that begins with redis:// or rediss://';
  }
  const { hostname, username, password, pathname, search, hash } = new URL(text);
  if (hostname === '') return 'must name a host, as in redis://redis.example:6379';
  if (!canDecode(username) || !canDecode(password)) {
    return 'must have its user name and password percent-encoded: write %25 for %';
  }
  if (search + hash !== '') {
    return 'must have no ? and no #; percent-encode those of a password as %3F and %23';
  }
  return /^\/?$|^\/\d{1,5}$/.test(pathname)
    ? undefined
    : 'must have nothing after its host but the number of a database, as in redis://redis.example/0';
}

/** Credentials in a URL are percent-encoded. */
export function canDecode(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
