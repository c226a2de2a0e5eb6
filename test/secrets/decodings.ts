/** How deep somebody may have wrapped one text in another: JSON in a text of JSON, a query in a query. */
const LAYERS = 3;

/** A text in all the ways in which it can be read. */
export function decodings(text: string): string[] {
  const read = new Set([text]);
  for (let layer = 0; layer < LAYERS; layer += 1) {
    for (const each of [...read]) {
      for (const decode of [fromJson, fromUrl, fromHtml]) read.add(decode(each));
    }
  }
  const plain = [...read];
  return [
    ...plain,
    ...runsIn(plain, /[A-Za-z0-9+/_-]{12,}/g).flatMap(fromBase64),
    ...runsIn(plain, /[0-9a-f]{16,}/gi).flatMap(fromHex),
  ];
}

/** Most runs are the same in all ways in which a text can be read. */
function runsIn(texts: readonly string[], pattern: RegExp): string[] {
  return [...new Set(texts.flatMap((text) => text.match(pattern) ?? []))];
}

function fromJson(text: string): string {
  return text
    .replace(/\\u([0-9a-f]{4})/gi, (_all, code: string) => toLetter(code, 16))
    .replace(/\\(["\\/])/g, '$1');
}

function fromUrl(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_all, code: string) => toLetter(code, 16));
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };

function fromHtml(text: string): string {
  return text
    .replace(/&#(\d{1,4});/g, (_all, code: string) => toLetter(code, 10))
    .replace(/&#x([0-9a-f]{1,4});/gi, (_all, code: string) => toLetter(code, 16))
    .replace(/&(amp|lt|gt|quot);/g, (_all, name: string) => ENTITIES[name] ?? '');
}

function toLetter(code: string, base: number): string {
  return String.fromCharCode(Number.parseInt(code, base));
}

/** What is encoded may begin anywhere in a run of its letters. */
function fromBase64(run: string): string[] {
  return [0, 1, 2, 3].map((from) => Buffer.from(run.slice(from), 'base64').toString('latin1'));
}

function fromHex(run: string): string[] {
  return [0, 1].map((from) => Buffer.from(run.slice(from), 'hex').toString('latin1'));
}
