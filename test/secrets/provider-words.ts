import { type Marker, toPlainMarker, toWords } from './markers.ts';

/** What a provider says in fields that our graph shows: it belongs into answers, lists and records, and nowhere else. */
export const FIELD_WORDS = {
  name: toWords('in a name'),
  description: toWords('in a description'),
  action: toWords('in an action'),
  category: toWords('in a category'),
  picture: toPlainMarker('words in a picture'),
  creator: toWords('in a creator'),
  badgeId: toPlainMarker('words in an id'),
  written: toWords('that a caller wrote'),
};

/** What a provider says elsewhere: it belongs nowhere but into the log, redacted and cut. */
export const ASIDE_WORDS = {
  message: toWords('in a message of an error'),
  header: toPlainMarker('words in a header'),
  page: toWords('in a page'),
  envelope: toWords('in an envelope'),
  extraValue: toWords('in a field that nobody knows'),
  extraName: toPlainMarker('words in the name of a field'),
  oddId: toWords('in an id that is none'),
  hidden: toPlainMarker('words in a field that is never shown'),
  member: toWords('in a name of a member'),
};

export const fieldMarkers: readonly Marker[] = Object.values(FIELD_WORDS);
export const asideMarkers: readonly Marker[] = Object.values(ASIDE_WORDS);
