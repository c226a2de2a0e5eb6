/** Whether a host, as it stands in a URL, is this machine itself: what is sent there never leaves it. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}
