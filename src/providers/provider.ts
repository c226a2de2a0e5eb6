import type { ClassType } from 'type-graphql';
import type { OnFault } from '../http/provider-http.ts';
import type { ProviderName } from '../http/provider-error.ts';
import type { BadgeFields } from './badge-fields.ts';
import type { UrlRule } from './https-url.ts';
import type { ProviderSettings, ProviderValues } from './settings.ts';

/**
 * What a provider folder gives to the rest of the house; nothing outside the folder knows the provider's words.
 * The functions on inputs are pure. They are declared as methods, so that each provider types its own input.
 */
export interface Provider {
  /** Its field in every one-of input. */
  readonly key: string;
  /** Its value in the enum `BadgeProvider`, and its name for people. */
  readonly name: ProviderName;
  readonly settings: ProviderSettings;
  readonly badgeClass: ClassType<BadgeFields>;
  readonly updateInput: ClassType<UpdateInput>;
  readonly example: ProviderExample;

  /** Whether a string can be a badge id here at all. Only such strings ever enter a path. */
  isBadgeId(id: string): boolean;
  /** What is wrong with the input by itself; empty when nothing is. */
  checkUpdate(input: UpdateInput, rules: InputRules): InputProblem[];
  /** Whether the input gives every value that a write replaces, so that it can do without reading the badge. */
  isCompleteUpdate(input: UpdateInput): boolean;
  /** Lays the input over the badge. `current` is undefined only for a complete update whose read failed. */
  planUpdate(input: UpdateInput, current: BadgeFields | undefined): UpdatePlan;
  createClient(settings: ProviderValues, options: ClientOptions): ProviderClient;
}

/** What every provider's update input has. Absent, null and a value are three different things. */
export interface UpdateInput {
  id: string;
  expectedVersion?: string | null;
}

export interface InputRules {
  isImageUrl: UrlRule;
}

export interface InputProblem {
  code: 'INVALID_INPUT' | 'HIDDEN_FIELDS_UNKNOWN';
  message: string;
  /** Path inside the provider's input; empty for the input as a whole. */
  field: readonly string[];
}

export interface UpdatePlan {
  /** The JSON to send. */
  body: object;
  /** The writable fields that the input gives. */
  givenFields: string[];
  /** Only what differs. */
  changes: FieldChange[];
  warnings: Warning[];
  /** What stands against sending; empty when nothing does. */
  problems: InputProblem[];
}

export interface FieldChange {
  /** The input field's name. */
  field: string;
  /** JSON text; null when the value before is unknown. */
  before: string | null;
  /** JSON text. */
  after: string;
}

export interface Warning {
  code: WarningCode;
  message: string;
  fields: string[];
}

/** Printed as the enum `BadgeWarningCode`, with these texts as descriptions. */
export const WARNING_CODES = {
  NO_CHANGE: 'Every given value stands already; nothing was sent.',
  HIDDEN_FIELDS_OMITTED:
    'Fields that cannot be read back were left out, as asked; the provider may have reset them.',
  PREVIOUS_VALUES_UNKNOWN: 'The badge could not be read before the write, so `before` is unknown.',
  AUTOMATION_DELAYED: 'Members gain or lose the badge some time after the change.',
  AUTOMATION_CONFLICT:
    'The badge now holds values for both kinds of automation, and the provider runs only one.',
} as const;
export type WarningCode = keyof typeof WARNING_CODES;

/** One provider for one tenant. Every method rejects with a `ProviderError` only. */
export interface ProviderClient {
  listBadges(): Promise<BadgeList>;
  /** Sent at most once. The badge is what the provider answered. */
  updateBadge(id: string, body: object): Promise<BadgeFields>;
  close: () => Promise<void>;
}

export interface BadgeList {
  readonly badges: readonly BadgeFields[];
  /** Ids of records that were dropped because another field of theirs was unreadable. */
  readonly malformedIds: ReadonlySet<string>;
  readonly droppedRecords: number;
}

export interface ClientOptions {
  attemptTimeoutMs: number;
  isImageUrl: UrlRule;
  onFault: OnFault;
}

/** What the playground and the example operations show of a provider, true on the sandbox. */
export interface ProviderExample {
  badgeId: string;
  /** Fields of its own, as a selection. */
  selection: string;
  updates: readonly { operationName: string; input: object }[];
}
