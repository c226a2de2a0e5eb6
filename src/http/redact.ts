/** How much of a provider's text may reach our log. */
const MAX_LOGGED_CHARACTERS = 300;

/** A provider's text for our log: cut, and without our secrets, also where they come back escaped. */
export function redact(text: string, secrets: readonly string[]): string {
  return secrets
    .flatMap(spellings)
    .reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text)
    .slice(0, MAX_LOGGED_CHARACTERS);
}

/** A secret as JSON, a URL or HTML would spell it. */
function spellings(secret: string): string[] {
  const inJson = JSON.stringify(secret).slice(1, -1);
  const inHtml = secret
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  const escaped = secret.replace(/[^A-Za-z0-9]/g, (letter) => {
    return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  const all = [secret, inJson, inJson.replaceAll('/', '\\/'), encodeURIComponent(secret), inHtml];
  return [...new Set([...all, escaped, escaped.toUpperCase().replaceAll('\\U', '\\u')])];
}
