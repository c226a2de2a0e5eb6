/** All the ways in which a provider may give a text back, by what each is called. */
export function spelledOut(text: string): Record<string, string> {
  const hex = Buffer.from(text).toString('hex');
  const numbered = (letter: string): string => `&#${letter.charCodeAt(0)};`;
  const escaped = (letter: string): string =>
    `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return {
    'as it is': text,
    'in upper case': text.toUpperCase(),
    'in letters of both cases': [...text]
      .map((letter, index) => (index % 2 ? letter.toUpperCase() : letter))
      .join(''),
    'in JSON': JSON.stringify(text),
    'in JSON in JSON': JSON.stringify(JSON.stringify(text)),
    'in JSON with escaped slashes': JSON.stringify(text).replaceAll('/', '\\/'),
    'in JSON with escapes for all but letters': text.replace(/[^A-Za-z0-9]/g, escaped),
    'in JSON with escapes for all': text.replace(/./g, escaped),
    'in a URL': encodeURIComponent(text),
    'in a form': new URLSearchParams({ key: text }).toString(),
    'in a URL with escapes for all': hex.replace(/../g, '%$&'),
    'in HTML': text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;'),
    'in HTML with numbers': text.replace(/[^A-Za-z0-9]/g, numbered),
    'in hex': hex,
    'in base64': btoa(text),
    'in base64 of a header': btoa(`user:${text}`),
    'in base64 of JSON': Buffer.from(JSON.stringify({ a: 'b', key: text })).toString('base64'),
    'in base64 for URLs': Buffer.from(`..${text}`).toString('base64url'),
    'cut before its end': text.slice(0, -8),
    'without its beginning': `…${text.slice(-12)}`,
  };
}
