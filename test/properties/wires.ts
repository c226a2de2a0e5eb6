import fc from 'fast-check';
import type { AnswerReader } from '../../src/providers/answers.ts';
import type { BadgeFields, RecordReading } from '../../src/providers/badge-list.ts';
import { isHttpsUrl } from '../../src/providers/graph-types.ts';
import type { Provider } from '../../src/providers/provider.ts';
import {
  createReturningAIAnswers,
  toReturningAIBadge,
} from '../../src/providers/returning-ai/badge.ts';
import { returningAI } from '../../src/providers/returning-ai/index.ts';
import {
  createBadgeReading,
  createTagMangoAnswers,
  toTagMangoBadge,
} from '../../src/providers/tag-mango/badge.ts';
import { tagMango } from '../../src/providers/tag-mango/index.ts';
import {
  type Fields,
  type JsonText,
  anyJson,
  nearlyValidObject,
  numberText,
  stringText,
  toArrayText,
  toStringText,
  validObject,
} from './json-texts.ts';
import { anyText } from './texts.ts';

/** A provider's mapping, put together as its client does, and arbitrary answers for it to read. */
export interface Wire {
  readonly provider: Provider;
  /** What the provider calls the name. */
  readonly nameField: string;
  readonly toBadge: (json: unknown) => RecordReading<BadgeFields>;
  /** By what is read. */
  readonly readings: Readonly<Record<string, AnswerReading>>;
  readonly validRecord: JsonText;
  readonly nearlyValidRecord: JsonText;
  /** Fields that are shown, and neither written nor a part of the version. */
  readonly shownOnly: readonly string[];
}

export interface AnswerReading {
  /** The badges that come out. */
  readonly read: (json: unknown) => Promise<readonly BadgeFields[]>;
  /** What is asked for and whatever else, in every envelope and none. */
  readonly answer: JsonText;
}

const nullText = fc.constant('null');
const optionalText = fc.oneof(stringText, nullText);

const URLS = [
  ...['https://img.example/a.png', 'HTTPS://IMG.EXAMPLE/?a=b#c', 'http://127.0.0.1:4010/a.png'],
  ...['https://user:pass@img.example/', '//img.example/a', 'https:/img.example', 'https://'],
  ...['https://img.example/"onerror="', 'https://img.example/<', 'https:\\\\img.example'],
  ...[' https://img.example', 'https://img.example/a b', 'java\nscript:alert(1)', 'data:,a'],
];
const urlText = fc.oneof(
  fc.constantFrom(...URLS).map(toStringText),
  anyText.map((text) => toStringText(`https://img.example/${text}`)),
  optionalText,
);

/** Few, so that they meet in one list. */
const idText = fc
  .constantFrom('6657092c8142bfe0656481bf', '6657092C8142BFE0656481BF', 'a', '__proto__', '/')
  .map(toStringText);

interface Payloads {
  list: JsonText;
  one: JsonText;
}

/** Mostly what is asked for, and sometimes what is not. */
function toPayloads(record: JsonText): Payloads {
  const item = fc.oneof({ weight: 12, arbitrary: record }, { weight: 1, arbitrary: anyJson });
  const records = fc.array(item, { maxLength: 4 }).map(toArrayText);
  const either = (usual: JsonText, other: JsonText) =>
    fc.oneof(
      { weight: 10, arbitrary: usual },
      { weight: 1, arbitrary: other },
      { weight: 1, arbitrary: anyJson },
    );
  return { list: either(records, record), one: either(record, records) };
}

const codeText = fc.oneof(numberText, fc.constantFrom('"404"', '429'));
const booleanText = fc.constantFrom('true', 'false', '"true"', '"false"', '""', 'null');
const returningAIFields: Fields = {
  id: idText,
  title: stringText,
  action: optionalText,
  quantity: fc.oneof(
    fc.constantFrom('""', 'null', '"-0"', '-0', '"007"'),
    fc.integer().map(String),
    fc.integer().map((value) => `"${value}"`),
  ),
  image: urlText,
  description: optionalText,
  attachRequired: booleanText,
  awarded: booleanText,
};

const almostId = fc.constantFrom('""', '7', '"../badges"', '"6657092c8142bfe0656481b"');
const almostInteger = fc.oneof(
  fc.constantFrom('"2147483648"', '-2147483649', '"1.5"', '"1e3"', '"0x10"', '" 3"', '1e999'),
  fc.constant(toStringText('9'.repeat(400))),
  fc.bigInt().map((value) => `"${value}"`),
);
const almostBoolean = fc.constantFrom('"True"', '"yes"', '0', '"0"');
const almostReturningAI: Fields = {
  id: almostId,
  quantity: almostInteger,
  attachRequired: almostBoolean,
  awarded: almostBoolean,
};

const metaText = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('{"success":true}', '{"success":"true"}') },
  {
    weight: 1,
    arbitrary: nearlyValidObject({ success: booleanText, statusCode: codeText }),
  },
);

function toReturningAIAnswer(payload: JsonText): JsonText {
  return fc.oneof(
    nearlyValidObject({ meta: metaText, body: payload }),
    nearlyValidObject({ meta: metaText, data: payload }),
    nearlyValidObject({ body: nearlyValidObject({ badges: payload, total: numberText }) }),
    payload,
    anyJson,
  );
}

const HALL_OF_FAME = '6657092c8142bfe0656481bf';
const HEAD = { status: 200, headers: {} };

function toReadings(
  { list, written, holding }: AnswerReader<BadgeFields>,
  answers: Payloads,
): Wire['readings'] {
  return {
    'a list': { read: async (json) => (await list(json, HEAD)).badges, answer: answers.list },
    'the answer to an award': {
      read: async (json) => (await holding(HALL_OF_FAME)(json, HEAD)) ?? [],
      answer: answers.list,
    },
    'the answer to an update': {
      read: async (json) => written()(json, HEAD) ?? [],
      answer: answers.one,
    },
  };
}

function returningAIWire(): Wire {
  const toBadge = (json: unknown) =>
    toReturningAIBadge(json, { isImageUrl: isHttpsUrl, values: undefined });
  const nearlyValidRecord = nearlyValidObject(returningAIFields, almostReturningAI);
  const { list, one } = toPayloads(nearlyValidRecord);
  return {
    provider: returningAI,
    nameField: 'title',
    toBadge,
    readings: toReadings(createReturningAIAnswers({ isImageUrl: isHttpsUrl, values: undefined }), {
      list: toReturningAIAnswer(list),
      one: toReturningAIAnswer(one),
    }),
    validRecord: validObject(returningAIFields, ['id', 'title']),
    shownOnly: ['awarded'],
    nearlyValidRecord,
  };
}

const timeText = fc
  .oneof(
    fc.constantFrom('2024-05-31T13:03:26+05:30', '0000-01-01T00:00:00+23:59'),
    fc.constantFrom('2016-02-29T23:59:59.1234567890123-23:59', '9999-12-31T23:59:59-23:59'),
    fc
      .date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString()),
  )
  .map(toStringText);
/** Read all the same. */
const otherTimeText = fc.constantFrom(
  ...['1716978836842', '1716978836', '"1716978836"', '"2024-05-31 13:03"', '"2024-05-31"', '""'],
  ...['"2024-05-31T13:03:26+0530"', '"2024-05-31T13:03:26"', '"Fri, 31 May 2024 13:03:26 GMT"'],
);
const optionalTime = fc.oneof(timeText, otherTimeText, nullText);
const tagMangoFields: Fields = {
  _id: idText,
  creator: fc.oneof(optionalText, fc.constantFrom('7', '"ABCDEF0123456789ABCDEF01"')),
  name: stringText,
  description: optionalText,
  imageUrl: urlText,
  enableAutomation: fc.constantFrom('true', 'false', 'null'),
  pointsThreshold: fc.oneof(
    fc.constantFrom('null', '-0', '1e-999', '1.7976931348623157e308'),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  ),
  pointCategoryForAutomation: optionalText,
  automationEnabledMangoes: fc.oneof(
    fc.array(stringText, { maxLength: 3 }).map(toArrayText),
    nullText,
  ),
  createdAt: optionalTime,
  updatedAt: optionalTime,
};

const almostTime = fc
  .constantFrom(
    ...[
      '2024-02-30T00:00:00Z',
      '2023-02-29T00:00:00Z',
      '2024-05-31T23:59:60Z',
      '2024-05-31T13:03Z',
    ],
    ...['2024-05-31T24:00:00Z', '2024-05-31', '2024-05-31T13:03:26', '2024-05-31t13:03:26z'],
    ...['2024-05-31T13:03:26+0530', '2024-05-31T13:03:26+24:00', '+012024-05-31T13:03:26Z', ''],
  )
  .map(toStringText);
const almostTagMango: Fields = {
  _id: almostId,
  enableAutomation: almostBoolean,
  pointsThreshold: fc.oneof(almostInteger, fc.constantFrom('1e999', '-1e999', '""')),
  automationEnabledMangoes: fc.constantFrom('[7]', '[null]', '""', '{"length":1}', '[[]]'),
  createdAt: almostTime,
  updatedAt: almostTime,
};

function toTagMangoAnswer(payload: JsonText): JsonText {
  const success = fc.constantFrom('true', 'true', 'true', 'false');
  return fc.oneof(
    payload,
    nearlyValidObject({ success, code: codeText, result: payload }),
    nearlyValidObject({ success, statusCode: codeText, data: payload }),
    anyJson,
  );
}

function tagMangoWire(): Wire {
  const toBadge = (json: unknown) =>
    toTagMangoBadge(json, { isImageUrl: isHttpsUrl, values: undefined });
  const nearlyValidRecord = nearlyValidObject(tagMangoFields, almostTagMango);
  const { list, one } = toPayloads(nearlyValidRecord);
  return {
    provider: tagMango,
    nameField: 'name',
    toBadge,
    readings: toReadings(
      createTagMangoAnswers(createBadgeReading({ isImageUrl: isHttpsUrl, values: undefined })),
      {
        list: toTagMangoAnswer(list),
        one: toTagMangoAnswer(one),
      },
    ),
    validRecord: validObject(tagMangoFields, ['_id', 'name']),
    shownOnly: ['creator', 'createdAt', 'updatedAt'],
    nearlyValidRecord,
  };
}

export const wires: readonly Wire[] = [returningAIWire(), tagMangoWire()];
