/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** Badges and the member to give them to. Exactly one provider. */
export type AwardBadgeInput =
  {   /** At Returning.AI. */
  returningAI: AwardReturningAIBadgeInput; tagMango?: never; }
  |  { returningAI?: never;   /** At TagMango. */
  tagMango: AwardTagMangoBadgeInput; };

/** One Returning.AI badge for one member. */
export type AwardReturningAIBadgeInput = {
  /** Returning.AI's id of the badge. */
  badgeId: string | number;
  /** The member. */
  user: ReturningAIUserInput;
};

/** Several TagMango badges for one member. TagMango takes none away again. */
export type AwardTagMangoBadgeInput = {
  /** The badges, each once. */
  badgeIds: Array<string | number>;
  /** TagMango's id of the member, 24 hexadecimal digits. */
  userId: string | number;
};

/** Why something failed: at `code` in payloads, at `extensions.code` in errors of reads. Documents and variables that are wrong as such have the usual codes of GraphQL servers instead, such as BAD_USER_INPUT; requests that are refused before they are read have UNAUTHENTICATED, FORBIDDEN, LIMIT_EXCEEDED or BAD_REQUEST, or AUTHENTICATION_UNAVAILABLE with the HTTP status 503: tokens cannot be checked for now, the caller stays logged in, and the same request may be repeated after `retryAfterMs`. */
export type BadgeErrorCode =
  /** The badge has changed since `expectedVersion` was read. Nothing was changed. */
  | 'CONFLICT'
  /** The update would reset a field whose value is not known. Nothing was sent. */
  | 'HIDDEN_FIELDS_UNKNOWN'
  /** The mutation with this idempotency key is still under way. Repeat it later to hear what came of it. */
  | 'IDEMPOTENCY_IN_PROGRESS'
  /** The idempotency key stands for another input of the last 24 hours. Nothing was sent. */
  | 'IDEMPOTENCY_KEY_REUSED'
  /** The input is wrong at `field`; or the provider calls it so, and then `field` is null and the message names what was sent. Nothing was changed. */
  | 'INVALID_INPUT'
  /** The provider has no such badge. Nothing was changed. */
  | 'NOT_FOUND'
  /** The request was sent and no clear answer came: it may have been applied. `badge` shows what a read found afterwards. */
  | 'OUTCOME_UNKNOWN'
  /** The provider refused our credentials; its operators must act. */
  | 'PROVIDER_AUTH_FAILED'
  /** The provider answered something that cannot be used. */
  | 'PROVIDER_BAD_RESPONSE'
  /** This service has no access to the provider. */
  | 'PROVIDER_NOT_CONFIGURED'
  /** The provider takes no more requests for now; see `retryAfterMs`. */
  | 'PROVIDER_RATE_LIMITED'
  /** The provider did not answer in time. */
  | 'PROVIDER_TIMEOUT'
  /** The provider could not be reached, or failed. */
  | 'PROVIDER_UNAVAILABLE'
  /** The store for records is out of reach, and this mutation relies on it. Nothing was sent. */
  | 'STATE_UNAVAILABLE';

/** Which badges a list holds. What is left out lets all through. */
export type BadgeFilter = {
  /** Only badges whose name holds this text. Upper and lower case are the same, and so are composed and decomposed accents. Of a name the first 10,000 characters count. */
  nameContains?: string | null | undefined;
  /** Only badges of these providers. */
  providers?: Array<BadgeProvider> | null | undefined;
};

/** The order of a list. Equals are ordered by provider and then by id. */
export type BadgeOrder = {
  /** Which end comes first. */
  direction?: OrderDirection;
  /** What to order by. */
  field?: BadgeOrderField;
};

/** What badges can be ordered by. */
export type BadgeOrderField =
  /** By the provider's id, by Unicode code point. */
  | 'ID'
  /** By name, by Unicode code point: A before B before a. */
  | 'NAME';

/** What came of a mutation. */
export type BadgeOutcome =
  /** The provider made the change. */
  | 'APPLIED'
  /** Nothing was changed: this service or the provider refused. */
  | 'REFUSED'
  /** Every given value stood already; nothing was sent. */
  | 'UNCHANGED'
  /** The request was sent and no clear answer came: it may have been applied. */
  | 'UNKNOWN';

/** The services that hold badges. */
export type BadgeProvider =
  /** Returning.AI */
  | 'RETURNING_AI'
  /** TagMango */
  | 'TAG_MANGO';

/** Where a provider's part of a list comes from. */
export type BadgeSourceState =
  /** Read a short while ago, within its fresh time. */
  | 'CACHED'
  /** Could not be read: its badges are missing from the list; see `code`. */
  | 'FAILED'
  /** Read from the provider for this request. */
  | 'FRESH'
  /** Left out by the filter, or this service has no access to the provider. */
  | 'SKIPPED'
  /** Read longer ago than its fresh time, since no newer list could be had soon; `asOf` says when. */
  | 'STALE';

/** What the caller of a mutation should know although it did not fail. */
export type BadgeWarningCode =
  /** The badge now holds values for both kinds of automation, and the provider runs only one. */
  | 'AUTOMATION_CONFLICT'
  /** Members gain or lose the badge some time after the change. */
  | 'AUTOMATION_DELAYED'
  /** Fields that cannot be read back were left out, as asked; the provider may have reset them. */
  | 'HIDDEN_FIELDS_OMITTED'
  /** Fields that cannot be read back were sent as this service wrote them last; a later edit elsewhere is lost. */
  | 'HIDDEN_FIELDS_REUSED'
  /** The store for records was out of reach, so that neither history nor memory has this change. */
  | 'NOT_RECORDED'
  /** Every given value stands already; nothing was sent. */
  | 'NO_CHANGE'
  /** A newer version of this service warned of something that this one has no code for. */
  | 'OTHER'
  /** The badge could not be read before the write, so `before` is unknown. */
  | 'PREVIOUS_VALUES_UNKNOWN';

/** The new badge. Exactly one provider. */
export type CreateBadgeInput =
  {   /** At Returning.AI. */
  returningAI: CreateReturningAIBadgeInput; tagMango?: never; }
  |  { returningAI?: never;   /** At TagMango. */
  tagMango: CreateTagMangoBadgeInput; };

/** A new Returning.AI badge. All fields are sent, with the defaults shown. */
export type CreateReturningAIBadgeInput = {
  /** What earns the badge; `custom` is the only documented value. */
  action?: string;
  /** Whether an application must come with a proof. */
  attachRequired?: boolean;
  /** Whether the badge comes with XP. */
  award?: boolean;
  /** Whether the badge comes with coins. */
  awardCurrency?: boolean;
  /** How many coins, a whole number from 0. */
  awardCurrencyQuantity?: number;
  /** How much XP, a whole number from 0. */
  awardXpQuantity?: number;
  /** Picture for dark mode, an https URL or "". */
  darkImage?: string;
  /** What the badge is given for. */
  description?: string;
  /** Whether the two mode pictures are used. */
  enabledDarkAndLight?: boolean;
  /** An https URL, or "" for no picture. */
  image?: string;
  /** Picture for light mode, an https URL or "". */
  lightImage?: string;
  /** How many times the action must happen, a whole number from 0. */
  quantity?: number;
  /** The name of the badge. */
  title: string;
};

/** A new TagMango badge; only what is given is sent. Automation runs by points or by subscription, never both. */
export type CreateTagMangoBadgeInput = {
  /** Automation by subscription: ids of mangoes, 24 hexadecimal digits each. */
  automationEnabledMangoes?: Array<string | number> | null | undefined;
  /** What the badge is given for. */
  description?: string | null | undefined;
  /** Whether members gain and lose the badge by a rule. */
  enableAutomation?: boolean | null | undefined;
  /** The picture, an https URL or "". */
  imageUrl?: string | null | undefined;
  /** The name of the badge. */
  name: string;
  /** Which points count; `lifetime` is the only documented value, others are passed on. */
  pointCategoryForAutomation?: string | null | undefined;
  /** Automation by points: how many a member needs. */
  pointsThreshold?: number | null | undefined;
};

/** The badge to delete. Exactly one provider that can. */
export type DeleteBadgeInput =
  {   /** At Returning.AI. */
  returningAI: DeleteReturningAIBadgeInput; };

/** The Returning.AI badge to delete. It cannot be brought back. */
export type DeleteReturningAIBadgeInput = {
  /** The `version` that you saw. If the badge has another one by now, nothing is written and a BadgeConflictError shows it. An edit in the dashboard of the provider at the same moment cannot be excluded. */
  expectedVersion?: string | null | undefined;
  /** The provider's own id of the badge. */
  id: string | number;
};

/** What an update does about fields that it would replace and whose value is not known. */
export type HiddenFieldsPolicy =
  /** They are left out of the request; the provider may reset them. */
  | 'OMIT'
  /** The update is refused, and every such field is named. */
  | 'REFUSE';

/** Which end of an order comes first. */
export type OrderDirection =
  /** Smallest first. */
  | 'ASC'
  /** Largest first. */
  | 'DESC';

/** A member of a Returning.AI community, by id or by e-mail. */
export type ReturningAIUserInput =
  {   /** The e-mail of the member; needs access to the integration API. */
  email: string; id?: never; }
  |  { email?: never;   /** Returning.AI's numeric id of the member. */
  id: string | number; };

/** A badge and the member to take it away from. Exactly one provider that can. */
export type RevokeBadgeInput =
  {   /** At Returning.AI. */
  returningAI: RevokeReturningAIBadgeInput; };

/** The Returning.AI badge to take away from a member. */
export type RevokeReturningAIBadgeInput = {
  /** Returning.AI's id of the badge. */
  badgeId: string | number;
  /** The member. */
  user: ReturningAIUserInput;
};

/** The badge to update and its new values. Exactly one provider. */
export type UpdateBadgeInput =
  {   /** At Returning.AI. */
  returningAI: UpdateReturningAIBadgeInput; tagMango?: never; }
  |  { returningAI?: never;   /** At TagMango. */
  tagMango: UpdateTagMangoBadgeInput; };

/** New values for a Returning.AI badge. What is left out keeps its value. Returning.AI replaces the whole badge at each update, and never shows seven of its fields (`darkImage`, `lightImage`, `enabledDarkAndLight`, `award`, `awardCurrency`, `awardXpQuantity`, `awardCurrencyQuantity`): those are sent as this service wrote them last. If it never did, give them, or say with `hiddenFields` what is to happen. */
export type UpdateReturningAIBadgeInput = {
  /** What earns the badge; `custom` is the only documented value. Cannot be cleared. */
  action?: string | null | undefined;
  /** Whether an application must come with a proof. Cannot be cleared. */
  attachRequired?: boolean | null | undefined;
  /** Whether the badge comes with XP. Never readable. Cannot be cleared. */
  award?: boolean | null | undefined;
  /** Whether the badge comes with coins. Never readable. Cannot be cleared. */
  awardCurrency?: boolean | null | undefined;
  /** How many coins, a whole number from 0. Never readable. Cannot be cleared. */
  awardCurrencyQuantity?: number | null | undefined;
  /** How much XP, a whole number from 0. Never readable. Cannot be cleared. */
  awardXpQuantity?: number | null | undefined;
  /** Picture for dark mode, an https URL. Null or "" removes it. Never readable. */
  darkImage?: string | null | undefined;
  /** Null or "" removes the description. */
  description?: string | null | undefined;
  /** Whether the two mode pictures are used. Never readable. Cannot be cleared. */
  enabledDarkAndLight?: boolean | null | undefined;
  /** The `version` that you saw. If the badge has another one by now, nothing is written and a BadgeConflictError shows it. An edit in the dashboard of the provider at the same moment cannot be excluded. */
  expectedVersion?: string | null | undefined;
  /** What to do about fields that would be replaced and whose value is not known. */
  hiddenFields?: HiddenFieldsPolicy | null | undefined;
  /** The provider's own id of the badge. */
  id: string | number;
  /** An https URL. Null or "" removes the picture. */
  image?: string | null | undefined;
  /** Picture for light mode, an https URL. Null or "" removes it. Never readable. */
  lightImage?: string | null | undefined;
  /** How many times the action must happen, a whole number from 0. Cannot be cleared. */
  quantity?: number | null | undefined;
  /** The name of the badge. Cannot be cleared. */
  title?: string | null | undefined;
};

/** New values for a TagMango badge; only those given are sent. Automation runs by points or by subscription, never both: `pointsThreshold` and `automationEnabledMangoes` are refused together. To switch, give one and clear the other. */
export type UpdateTagMangoBadgeInput = {
  /** Automation by subscription: ids of mangoes, 24 hexadecimal digits each; replaces the whole list. Null or [] clears it. */
  automationEnabledMangoes?: Array<string | number> | null | undefined;
  /** Null or "" removes the description. */
  description?: string | null | undefined;
  /** Whether members gain and lose the badge by a rule. Cannot be cleared. */
  enableAutomation?: boolean | null | undefined;
  /** The `version` that you saw. If the badge has another one by now, nothing is written and a BadgeConflictError shows it. An edit in the dashboard of the provider at the same moment cannot be excluded. */
  expectedVersion?: string | null | undefined;
  /** The provider's own id of the badge. */
  id: string | number;
  /** An https URL. Null or "" removes the picture. */
  imageUrl?: string | null | undefined;
  /** The name of the badge. Cannot be cleared. */
  name?: string | null | undefined;
  /** Which points count; `lifetime` is the only documented value, others are passed on. Null clears it. */
  pointCategoryForAutomation?: string | null | undefined;
  /** Automation by points: how many a member needs. Null clears it. */
  pointsThreshold?: number | null | undefined;
};

type BadgeCard_ReturningAIBadge_Fragment = { description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string };

type BadgeCard_TagMangoBadge_Fragment = { description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string };

export type BadgeCardFragment =
  | BadgeCard_ReturningAIBadge_Fragment
  | BadgeCard_TagMangoBadge_Fragment
;

export type ReturningAIBadgeDetailsFragment = { action: string | null, attachRequired: boolean | null, awarded: boolean | null, image: string | null, quantity: number | null, title: string };

export type TagMangoBadgeDetailsFragment = { automationEnabledMangoes: Array<string>, createdAt: string | null, creator: string | null, enableAutomation: boolean | null, pointCategoryForAutomation: string | null, pointsThreshold: number | null, updatedAt: string | null };

export type AwardReturningAIBadgeMutationVariables = Exact<{
  input: AwardBadgeInput;
  dryRun?: boolean | null | undefined;
  idempotencyKey?: string | null | undefined;
}>;


export type AwardReturningAIBadgeMutation = { awardBadge: { badges: Array<
      | { id: string, name: string, version: string, title: string, action: string | null, quantity: number | null, attachRequired: boolean | null, awarded: boolean | null }
      | { id: string, name: string, version: string }
    >, changes: Array<{ field: string, before: string | null, after: string }>, warnings: Array<{ code: BadgeWarningCode, message: string, fields: Array<string> }>, userErrors: Array<
      | { __typename: 'BadgeConflictError', code: BadgeErrorCode, message: string, field: Array<string> | null, currentBadge:
          | { name: string, version: string }
          | { name: string, version: string }
         | null }
      | { __typename: 'BadgeInputError', code: BadgeErrorCode, message: string, field: Array<string> | null }
      | { __typename: 'BadgeProviderError', provider: BadgeProvider, retryable: boolean, retryAfterMs: number | null, code: BadgeErrorCode, message: string, field: Array<string> | null }
    > } };

export type AwardTagMangoBadgesMutationVariables = Exact<{
  input: AwardBadgeInput;
  dryRun?: boolean | null | undefined;
  idempotencyKey?: string | null | undefined;
}>;


export type AwardTagMangoBadgesMutation = { awardBadge: { badges: Array<
      | { id: string, name: string, version: string }
      | { id: string, name: string, version: string, enableAutomation: boolean | null, pointsThreshold: number | null, pointCategoryForAutomation: string | null, automationEnabledMangoes: Array<string>, updatedAt: string | null }
    >, changes: Array<{ field: string, before: string | null, after: string }>, warnings: Array<{ code: BadgeWarningCode, message: string, fields: Array<string> }>, userErrors: Array<
      | { __typename: 'BadgeConflictError', code: BadgeErrorCode, message: string, field: Array<string> | null, currentBadge:
          | { name: string, version: string }
          | { name: string, version: string }
         | null }
      | { __typename: 'BadgeInputError', code: BadgeErrorCode, message: string, field: Array<string> | null }
      | { __typename: 'BadgeProviderError', provider: BadgeProvider, retryable: boolean, retryAfterMs: number | null, code: BadgeErrorCode, message: string, field: Array<string> | null }
    > } };

export type BadgesQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  filter?: BadgeFilter | null | undefined;
}>;


export type BadgesQuery = { badges: { totalCount: number | null, sources: Array<{ provider: BadgeProvider, state: BadgeSourceState, asOf: string | null, code: BadgeErrorCode | null, retryAfterMs: number | null, droppedRecords: number }>, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<
      | { __typename: 'ReturningAIBadge', id: string, name: string, description: string | null, imageUrl: string | null, version: string, title: string, action: string | null, quantity: number | null, attachRequired: boolean | null, awarded: boolean | null }
      | { __typename: 'TagMangoBadge', id: string, name: string, description: string | null, imageUrl: string | null, version: string, enableAutomation: boolean | null, pointsThreshold: number | null, pointCategoryForAutomation: string | null, automationEnabledMangoes: Array<string>, updatedAt: string | null }
    > } | null };

export type CreateReturningAIBadgeMutationVariables = Exact<{
  input: CreateBadgeInput;
  dryRun?: boolean | null | undefined;
  idempotencyKey?: string | null | undefined;
}>;


export type CreateReturningAIBadgeMutation = { createBadge: { badge:
      | { id: string, name: string, version: string, title: string, action: string | null, quantity: number | null, attachRequired: boolean | null, awarded: boolean | null }
      | { id: string, name: string, version: string }
     | null, changes: Array<{ field: string, before: string | null, after: string }>, warnings: Array<{ code: BadgeWarningCode, message: string, fields: Array<string> }>, userErrors: Array<
      | { __typename: 'BadgeConflictError', code: BadgeErrorCode, message: string, field: Array<string> | null, currentBadge:
          | { name: string, version: string }
          | { name: string, version: string }
         | null }
      | { __typename: 'BadgeInputError', code: BadgeErrorCode, message: string, field: Array<string> | null }
      | { __typename: 'BadgeProviderError', provider: BadgeProvider, retryable: boolean, retryAfterMs: number | null, code: BadgeErrorCode, message: string, field: Array<string> | null }
    > } };

export type CreateTagMangoBadgeMutationVariables = Exact<{
  input: CreateBadgeInput;
  dryRun?: boolean | null | undefined;
  idempotencyKey?: string | null | undefined;
}>;


export type CreateTagMangoBadgeMutation = { createBadge: { badge:
      | { id: string, name: string, version: string }
      | { id: string, name: string, version: string, enableAutomation: boolean | null, pointsThreshold: number | null, pointCategoryForAutomation: string | null, automationEnabledMangoes: Array<string>, updatedAt: string | null }
     | null, changes: Array<{ field: string, before: string | null, after: string }>, warnings: Array<{ code: BadgeWarningCode, message: string, fields: Array<string> }>, userErrors: Array<
      | { __typename: 'BadgeConflictError', code: BadgeErrorCode, message: string, field: Array<string> | null, currentBadge:
          | { name: string, version: string }
          | { name: string, version: string }
         | null }
      | { __typename: 'BadgeInputError', code: BadgeErrorCode, message: string, field: Array<string> | null }
      | { __typename: 'BadgeProviderError', provider: BadgeProvider, retryable: boolean, retryAfterMs: number | null, code: BadgeErrorCode, message: string, field: Array<string> | null }
    > } };

export type DeleteReturningAIBadgeMutationVariables = Exact<{
  input: DeleteBadgeInput;
  dryRun?: boolean | null | undefined;
  idempotencyKey?: string | null | undefined;
}>;


export type DeleteReturningAIBadgeMutation = { deleteBadge: { deletedBadgeId: string | null, changes: Array<{ field: string, before: string | null, after: string }>, warnings: Array<{ code: BadgeWarningCode, message: string, fields: Array<string> }>, userErrors: Array<
      | { __typename: 'BadgeConflictError', code: BadgeErrorCode, message: string, field: Array<string> | null, currentBadge:
          | { name: string, version: string }
          | { name: string, version: string }
         | null }
      | { __typename: 'BadgeInputError', code: BadgeErrorCode, message: string, field: Array<string> | null }
      | { __typename: 'BadgeProviderError', provider: BadgeProvider, retryable: boolean, retryAfterMs: number | null, code: BadgeErrorCode, message: string, field: Array<string> | null }
    > } };

export type RenameReturningAIBadgeMutationVariables = Exact<{
  input: UpdateBadgeInput;
  dryRun?: boolean | null | undefined;
  idempotencyKey?: string | null | undefined;
}>;


export type RenameReturningAIBadgeMutation = { updateBadge: { badge:
      | { id: string, name: string, version: string, title: string, action: string | null, quantity: number | null, attachRequired: boolean | null, awarded: boolean | null }
      | { id: string, name: string, version: string }
     | null, changes: Array<{ field: string, before: string | null, after: string }>, warnings: Array<{ code: BadgeWarningCode, message: string, fields: Array<string> }>, userErrors: Array<
      | { __typename: 'BadgeConflictError', code: BadgeErrorCode, message: string, field: Array<string> | null, currentBadge:
          | { name: string, version: string }
          | { name: string, version: string }
         | null }
      | { __typename: 'BadgeInputError', code: BadgeErrorCode, message: string, field: Array<string> | null }
      | { __typename: 'BadgeProviderError', provider: BadgeProvider, retryable: boolean, retryAfterMs: number | null, code: BadgeErrorCode, message: string, field: Array<string> | null }
    > } };

export type RenameTagMangoBadgeMutationVariables = Exact<{
  input: UpdateBadgeInput;
  dryRun?: boolean | null | undefined;
  idempotencyKey?: string | null | undefined;
}>;


export type RenameTagMangoBadgeMutation = { updateBadge: { badge:
      | { id: string, name: string, version: string }
      | { id: string, name: string, version: string, enableAutomation: boolean | null, pointsThreshold: number | null, pointCategoryForAutomation: string | null, automationEnabledMangoes: Array<string>, updatedAt: string | null }
     | null, changes: Array<{ field: string, before: string | null, after: string }>, warnings: Array<{ code: BadgeWarningCode, message: string, fields: Array<string> }>, userErrors: Array<
      | { __typename: 'BadgeConflictError', code: BadgeErrorCode, message: string, field: Array<string> | null, currentBadge:
          | { name: string, version: string }
          | { name: string, version: string }
         | null }
      | { __typename: 'BadgeInputError', code: BadgeErrorCode, message: string, field: Array<string> | null }
      | { __typename: 'BadgeProviderError', provider: BadgeProvider, retryable: boolean, retryAfterMs: number | null, code: BadgeErrorCode, message: string, field: Array<string> | null }
    > } };

export type RevokeReturningAIBadgeMutationVariables = Exact<{
  input: RevokeBadgeInput;
  dryRun?: boolean | null | undefined;
  idempotencyKey?: string | null | undefined;
}>;


export type RevokeReturningAIBadgeMutation = { revokeBadge: { badge:
      | { id: string, name: string, version: string, title: string, action: string | null, quantity: number | null, attachRequired: boolean | null, awarded: boolean | null }
      | { id: string, name: string, version: string }
     | null, changes: Array<{ field: string, before: string | null, after: string }>, warnings: Array<{ code: BadgeWarningCode, message: string, fields: Array<string> }>, userErrors: Array<
      | { __typename: 'BadgeConflictError', code: BadgeErrorCode, message: string, field: Array<string> | null, currentBadge:
          | { name: string, version: string }
          | { name: string, version: string }
         | null }
      | { __typename: 'BadgeInputError', code: BadgeErrorCode, message: string, field: Array<string> | null }
      | { __typename: 'BadgeProviderError', provider: BadgeProvider, retryable: boolean, retryAfterMs: number | null, code: BadgeErrorCode, message: string, field: Array<string> | null }
    > } };

export type TryTagMangoUpdateMutationVariables = Exact<{
  input: UpdateBadgeInput;
  dryRun?: boolean | null | undefined;
  idempotencyKey?: string | null | undefined;
}>;


export type TryTagMangoUpdateMutation = { updateBadge: { badge:
      | { id: string, name: string, version: string }
      | { id: string, name: string, version: string, enableAutomation: boolean | null, pointsThreshold: number | null, pointCategoryForAutomation: string | null, automationEnabledMangoes: Array<string>, updatedAt: string | null }
     | null, changes: Array<{ field: string, before: string | null, after: string }>, warnings: Array<{ code: BadgeWarningCode, message: string, fields: Array<string> }>, userErrors: Array<
      | { __typename: 'BadgeConflictError', code: BadgeErrorCode, message: string, field: Array<string> | null, currentBadge:
          | { name: string, version: string }
          | { name: string, version: string }
         | null }
      | { __typename: 'BadgeInputError', code: BadgeErrorCode, message: string, field: Array<string> | null }
      | { __typename: 'BadgeProviderError', provider: BadgeProvider, retryable: boolean, retryAfterMs: number | null, code: BadgeErrorCode, message: string, field: Array<string> | null }
    > } };

export type UpdateTagMangoIfUnchangedMutationVariables = Exact<{
  input: UpdateBadgeInput;
  dryRun?: boolean | null | undefined;
  idempotencyKey?: string | null | undefined;
}>;


export type UpdateTagMangoIfUnchangedMutation = { updateBadge: { badge:
      | { id: string, name: string, version: string }
      | { id: string, name: string, version: string, enableAutomation: boolean | null, pointsThreshold: number | null, pointCategoryForAutomation: string | null, automationEnabledMangoes: Array<string>, updatedAt: string | null }
     | null, changes: Array<{ field: string, before: string | null, after: string }>, warnings: Array<{ code: BadgeWarningCode, message: string, fields: Array<string> }>, userErrors: Array<
      | { __typename: 'BadgeConflictError', code: BadgeErrorCode, message: string, field: Array<string> | null, currentBadge:
          | { name: string, version: string }
          | { name: string, version: string }
         | null }
      | { __typename: 'BadgeInputError', code: BadgeErrorCode, message: string, field: Array<string> | null }
      | { __typename: 'BadgeProviderError', provider: BadgeProvider, retryable: boolean, retryAfterMs: number | null, code: BadgeErrorCode, message: string, field: Array<string> | null }
    > } };

export type UpdateTagMangoOnceMutationVariables = Exact<{
  input: UpdateBadgeInput;
  dryRun?: boolean | null | undefined;
  idempotencyKey?: string | null | undefined;
}>;


export type UpdateTagMangoOnceMutation = { updateBadge: { badge:
      | { id: string, name: string, version: string }
      | { id: string, name: string, version: string, enableAutomation: boolean | null, pointsThreshold: number | null, pointCategoryForAutomation: string | null, automationEnabledMangoes: Array<string>, updatedAt: string | null }
     | null, changes: Array<{ field: string, before: string | null, after: string }>, warnings: Array<{ code: BadgeWarningCode, message: string, fields: Array<string> }>, userErrors: Array<
      | { __typename: 'BadgeConflictError', code: BadgeErrorCode, message: string, field: Array<string> | null, currentBadge:
          | { name: string, version: string }
          | { name: string, version: string }
         | null }
      | { __typename: 'BadgeInputError', code: BadgeErrorCode, message: string, field: Array<string> | null }
      | { __typename: 'BadgeProviderError', provider: BadgeProvider, retryable: boolean, retryAfterMs: number | null, code: BadgeErrorCode, message: string, field: Array<string> | null }
    > } };

export type BadgePageQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
  filter?: BadgeFilter | null | undefined;
  orderBy?: BadgeOrder | null | undefined;
}>;


export type BadgePageQuery = { badges: { totalCount: number | null, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null }, sources: Array<{ provider: BadgeProvider, state: BadgeSourceState, code: BadgeErrorCode | null, retryAfterMs: number | null, asOf: string | null, droppedRecords: number }>, edges: Array<{ cursor: string, node:
        | { __typename: 'ReturningAIBadge', description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string }
        | { __typename: 'TagMangoBadge', description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string }
       }> } | null };

export type OneBadgeQueryVariables = Exact<{
  provider: BadgeProvider;
  id: string | number;
}>;


export type OneBadgeQuery = { badge:
    | { __typename: 'ReturningAIBadge', description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string, action: string | null, attachRequired: boolean | null, awarded: boolean | null, image: string | null, quantity: number | null, title: string }
    | { __typename: 'TagMangoBadge', description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string, automationEnabledMangoes: Array<string>, createdAt: string | null, creator: string | null, enableAutomation: boolean | null, pointCategoryForAutomation: string | null, pointsThreshold: number | null, updatedAt: string | null }
   | null };

export type UpdateBadgeMutationVariables = Exact<{
  input: UpdateBadgeInput;
  dryRun?: boolean | null | undefined;
  idempotencyKey?: string | null | undefined;
}>;


export type UpdateBadgeMutation = { updateBadge: { badge:
      | { __typename: 'ReturningAIBadge', description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string, action: string | null, attachRequired: boolean | null, awarded: boolean | null, image: string | null, quantity: number | null, title: string }
      | { __typename: 'TagMangoBadge', description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string, automationEnabledMangoes: Array<string>, createdAt: string | null, creator: string | null, enableAutomation: boolean | null, pointCategoryForAutomation: string | null, pointsThreshold: number | null, updatedAt: string | null }
     | null, changes: Array<{ field: string, before: string | null, after: string }>, warnings: Array<{ code: BadgeWarningCode, message: string, fields: Array<string> }>, userErrors: Array<
      | { __typename: 'BadgeConflictError', code: BadgeErrorCode, message: string, field: Array<string> | null, currentBadge:
          | { description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string }
          | { description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string }
         | null }
      | { __typename: 'BadgeInputError', code: BadgeErrorCode, message: string, field: Array<string> | null }
      | { __typename: 'BadgeProviderError', provider: BadgeProvider, retryable: boolean, retryAfterMs: number | null, code: BadgeErrorCode, message: string, field: Array<string> | null }
    > } };

type WholeBadge_ReturningAIBadge_Fragment = { __typename: 'ReturningAIBadge', description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string, action: string | null, attachRequired: boolean | null, awarded: boolean | null, image: string | null, quantity: number | null, title: string };

type WholeBadge_TagMangoBadge_Fragment = { __typename: 'TagMangoBadge', description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string, automationEnabledMangoes: Array<string>, createdAt: string | null, creator: string | null, enableAutomation: boolean | null, pointCategoryForAutomation: string | null, pointsThreshold: number | null, updatedAt: string | null };

export type WholeBadgeFragment =
  | WholeBadge_ReturningAIBadge_Fragment
  | WholeBadge_TagMangoBadge_Fragment
;

type WholeUserError_BadgeConflictError_Fragment = { __typename: 'BadgeConflictError', code: BadgeErrorCode, message: string, field: Array<string> | null, currentBadge:
    | { description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string }
    | { description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string }
   | null };

type WholeUserError_BadgeInputError_Fragment = { __typename: 'BadgeInputError', code: BadgeErrorCode, message: string, field: Array<string> | null };

type WholeUserError_BadgeProviderError_Fragment = { __typename: 'BadgeProviderError', provider: BadgeProvider, retryable: boolean, retryAfterMs: number | null, code: BadgeErrorCode, message: string, field: Array<string> | null };

export type WholeUserErrorFragment =
  | WholeUserError_BadgeConflictError_Fragment
  | WholeUserError_BadgeInputError_Fragment
  | WholeUserError_BadgeProviderError_Fragment
;

export type CreateBadgeMutationVariables = Exact<{
  input: CreateBadgeInput;
  dryRun?: boolean | null | undefined;
  idempotencyKey?: string | null | undefined;
}>;


export type CreateBadgeMutation = { createBadge: { badge:
      | { __typename: 'ReturningAIBadge', description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string, action: string | null, attachRequired: boolean | null, awarded: boolean | null, image: string | null, quantity: number | null, title: string }
      | { __typename: 'TagMangoBadge', description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string, automationEnabledMangoes: Array<string>, createdAt: string | null, creator: string | null, enableAutomation: boolean | null, pointCategoryForAutomation: string | null, pointsThreshold: number | null, updatedAt: string | null }
     | null, changes: Array<{ field: string, before: string | null, after: string }>, warnings: Array<{ code: BadgeWarningCode, message: string, fields: Array<string> }>, userErrors: Array<
      | { __typename: 'BadgeConflictError', code: BadgeErrorCode, message: string, field: Array<string> | null, currentBadge:
          | { description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string }
          | { description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string }
         | null }
      | { __typename: 'BadgeInputError', code: BadgeErrorCode, message: string, field: Array<string> | null }
      | { __typename: 'BadgeProviderError', provider: BadgeProvider, retryable: boolean, retryAfterMs: number | null, code: BadgeErrorCode, message: string, field: Array<string> | null }
    > } };

export type DeleteBadgeMutationVariables = Exact<{
  input: DeleteBadgeInput;
  dryRun?: boolean | null | undefined;
  idempotencyKey?: string | null | undefined;
}>;


export type DeleteBadgeMutation = { deleteBadge: { deletedBadgeId: string | null, changes: Array<{ field: string, before: string | null, after: string }>, warnings: Array<{ code: BadgeWarningCode, message: string, fields: Array<string> }>, userErrors: Array<
      | { __typename: 'BadgeConflictError', code: BadgeErrorCode, message: string, field: Array<string> | null, currentBadge:
          | { description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string }
          | { description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string }
         | null }
      | { __typename: 'BadgeInputError', code: BadgeErrorCode, message: string, field: Array<string> | null }
      | { __typename: 'BadgeProviderError', provider: BadgeProvider, retryable: boolean, retryAfterMs: number | null, code: BadgeErrorCode, message: string, field: Array<string> | null }
    > } };

export type AwardBadgeMutationVariables = Exact<{
  input: AwardBadgeInput;
  dryRun?: boolean | null | undefined;
  idempotencyKey?: string | null | undefined;
}>;


export type AwardBadgeMutation = { awardBadge: { badges: Array<
      | { __typename: 'ReturningAIBadge', description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string, action: string | null, attachRequired: boolean | null, awarded: boolean | null, image: string | null, quantity: number | null, title: string }
      | { __typename: 'TagMangoBadge', description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string, automationEnabledMangoes: Array<string>, createdAt: string | null, creator: string | null, enableAutomation: boolean | null, pointCategoryForAutomation: string | null, pointsThreshold: number | null, updatedAt: string | null }
    >, changes: Array<{ field: string, before: string | null, after: string }>, warnings: Array<{ code: BadgeWarningCode, message: string, fields: Array<string> }>, userErrors: Array<
      | { __typename: 'BadgeConflictError', code: BadgeErrorCode, message: string, field: Array<string> | null, currentBadge:
          | { description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string }
          | { description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string }
         | null }
      | { __typename: 'BadgeInputError', code: BadgeErrorCode, message: string, field: Array<string> | null }
      | { __typename: 'BadgeProviderError', provider: BadgeProvider, retryable: boolean, retryAfterMs: number | null, code: BadgeErrorCode, message: string, field: Array<string> | null }
    > } };

export type RevokeBadgeMutationVariables = Exact<{
  input: RevokeBadgeInput;
  dryRun?: boolean | null | undefined;
  idempotencyKey?: string | null | undefined;
}>;


export type RevokeBadgeMutation = { revokeBadge: { badge:
      | { __typename: 'ReturningAIBadge', description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string, action: string | null, attachRequired: boolean | null, awarded: boolean | null, image: string | null, quantity: number | null, title: string }
      | { __typename: 'TagMangoBadge', description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string, automationEnabledMangoes: Array<string>, createdAt: string | null, creator: string | null, enableAutomation: boolean | null, pointCategoryForAutomation: string | null, pointsThreshold: number | null, updatedAt: string | null }
     | null, changes: Array<{ field: string, before: string | null, after: string }>, warnings: Array<{ code: BadgeWarningCode, message: string, fields: Array<string> }>, userErrors: Array<
      | { __typename: 'BadgeConflictError', code: BadgeErrorCode, message: string, field: Array<string> | null, currentBadge:
          | { description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string }
          | { description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string }
         | null }
      | { __typename: 'BadgeInputError', code: BadgeErrorCode, message: string, field: Array<string> | null }
      | { __typename: 'BadgeProviderError', provider: BadgeProvider, retryable: boolean, retryAfterMs: number | null, code: BadgeErrorCode, message: string, field: Array<string> | null }
    > } };

export type BadgeHistoryQueryVariables = Exact<{
  provider: BadgeProvider;
  id: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type BadgeHistoryQuery = { badgeHistory: { edges: Array<{ cursor: string, node: { id: string, at: string, caller: string, operation: string, outcome: BadgeOutcome, idempotencyKey: string | null, changes: Array<{ field: string, before: string | null, after: string }> } }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } | null };

export type TagMangoMemberQueryVariables = Exact<{
  email?: string | null | undefined;
  phone?: string | null | undefined;
}>;


export type TagMangoMemberQuery = { tagMangoMember: { id: string, badges: Array<{ description: string | null, id: string, imageUrl: string | null, name: string, provider: BadgeProvider, version: string, automationEnabledMangoes: Array<string>, createdAt: string | null, creator: string | null, enableAutomation: boolean | null, pointCategoryForAutomation: string | null, pointsThreshold: number | null, updatedAt: string | null }> } | null };

export const BadgeCardFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"BadgeCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"imageUrl"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}}]} as unknown as DocumentNode<BadgeCardFragment, unknown>;
export const ReturningAIBadgeDetailsFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ReturningAIBadgeDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ReturningAIBadge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"action"}},{"kind":"Field","name":{"kind":"Name","value":"attachRequired"}},{"kind":"Field","name":{"kind":"Name","value":"awarded"}},{"kind":"Field","name":{"kind":"Name","value":"image"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"title"}}]}}]} as unknown as DocumentNode<ReturningAIBadgeDetailsFragment, unknown>;
export const TagMangoBadgeDetailsFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"TagMangoBadgeDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TagMangoBadge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"automationEnabledMangoes"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"creator"}},{"kind":"Field","name":{"kind":"Name","value":"enableAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"pointCategoryForAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"pointsThreshold"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}}]} as unknown as DocumentNode<TagMangoBadgeDetailsFragment, unknown>;
export const WholeBadgeFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"WholeBadge"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Badge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"BadgeCard"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"ReturningAIBadgeDetails"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"TagMangoBadgeDetails"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"BadgeCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"imageUrl"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ReturningAIBadgeDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ReturningAIBadge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"action"}},{"kind":"Field","name":{"kind":"Name","value":"attachRequired"}},{"kind":"Field","name":{"kind":"Name","value":"awarded"}},{"kind":"Field","name":{"kind":"Name","value":"image"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"title"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"TagMangoBadgeDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TagMangoBadge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"automationEnabledMangoes"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"creator"}},{"kind":"Field","name":{"kind":"Name","value":"enableAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"pointCategoryForAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"pointsThreshold"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}}]} as unknown as DocumentNode<WholeBadgeFragment, unknown>;
export const WholeUserErrorFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"WholeUserError"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeUserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeConflictError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"currentBadge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"BadgeCard"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeProviderError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterMs"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"BadgeCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"imageUrl"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}}]} as unknown as DocumentNode<WholeUserErrorFragment, unknown>;
export const AwardReturningAIBadgeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"AwardReturningAIBadge"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"AwardBadgeInput"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Boolean"}},"defaultValue":{"kind":"BooleanValue","value":false}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"awardBadge"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}},{"kind":"Argument","name":{"kind":"Name","value":"dryRun"},"value":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}}},{"kind":"Argument","name":{"kind":"Name","value":"idempotencyKey"},"value":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"badges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ReturningAIBadge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"action"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"attachRequired"}},{"kind":"Field","name":{"kind":"Name","value":"awarded"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"changes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"before"}},{"kind":"Field","name":{"kind":"Name","value":"after"}}]}},{"kind":"Field","name":{"kind":"Name","value":"warnings"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"fields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeConflictError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"currentBadge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeProviderError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterMs"}}]}}]}}]}}]}}]} as unknown as DocumentNode<AwardReturningAIBadgeMutation, AwardReturningAIBadgeMutationVariables>;
export const AwardTagMangoBadgesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"AwardTagMangoBadges"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"AwardBadgeInput"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Boolean"}},"defaultValue":{"kind":"BooleanValue","value":false}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"awardBadge"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}},{"kind":"Argument","name":{"kind":"Name","value":"dryRun"},"value":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}}},{"kind":"Argument","name":{"kind":"Name","value":"idempotencyKey"},"value":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"badges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TagMangoBadge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"enableAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"pointsThreshold"}},{"kind":"Field","name":{"kind":"Name","value":"pointCategoryForAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"automationEnabledMangoes"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"changes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"before"}},{"kind":"Field","name":{"kind":"Name","value":"after"}}]}},{"kind":"Field","name":{"kind":"Name","value":"warnings"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"fields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeConflictError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"currentBadge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeProviderError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterMs"}}]}}]}}]}}]}}]} as unknown as DocumentNode<AwardTagMangoBadgesMutation, AwardTagMangoBadgesMutationVariables>;
export const BadgesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Badges"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}},"defaultValue":{"kind":"IntValue","value":"20"}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFilter"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"badges"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"sources"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"asOf"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterMs"}},{"kind":"Field","name":{"kind":"Name","value":"droppedRecords"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"imageUrl"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ReturningAIBadge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"action"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"attachRequired"}},{"kind":"Field","name":{"kind":"Name","value":"awarded"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TagMangoBadge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"enableAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"pointsThreshold"}},{"kind":"Field","name":{"kind":"Name","value":"pointCategoryForAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"automationEnabledMangoes"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}}]}}]}}]}}]} as unknown as DocumentNode<BadgesQuery, BadgesQueryVariables>;
export const CreateReturningAIBadgeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateReturningAIBadge"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateBadgeInput"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Boolean"}},"defaultValue":{"kind":"BooleanValue","value":false}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createBadge"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}},{"kind":"Argument","name":{"kind":"Name","value":"dryRun"},"value":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}}},{"kind":"Argument","name":{"kind":"Name","value":"idempotencyKey"},"value":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"badge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ReturningAIBadge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"action"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"attachRequired"}},{"kind":"Field","name":{"kind":"Name","value":"awarded"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"changes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"before"}},{"kind":"Field","name":{"kind":"Name","value":"after"}}]}},{"kind":"Field","name":{"kind":"Name","value":"warnings"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"fields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeConflictError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"currentBadge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeProviderError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterMs"}}]}}]}}]}}]}}]} as unknown as DocumentNode<CreateReturningAIBadgeMutation, CreateReturningAIBadgeMutationVariables>;
export const CreateTagMangoBadgeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateTagMangoBadge"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateBadgeInput"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Boolean"}},"defaultValue":{"kind":"BooleanValue","value":false}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createBadge"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}},{"kind":"Argument","name":{"kind":"Name","value":"dryRun"},"value":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}}},{"kind":"Argument","name":{"kind":"Name","value":"idempotencyKey"},"value":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"badge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TagMangoBadge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"enableAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"pointsThreshold"}},{"kind":"Field","name":{"kind":"Name","value":"pointCategoryForAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"automationEnabledMangoes"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"changes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"before"}},{"kind":"Field","name":{"kind":"Name","value":"after"}}]}},{"kind":"Field","name":{"kind":"Name","value":"warnings"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"fields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeConflictError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"currentBadge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeProviderError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterMs"}}]}}]}}]}}]}}]} as unknown as DocumentNode<CreateTagMangoBadgeMutation, CreateTagMangoBadgeMutationVariables>;
export const DeleteReturningAIBadgeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"DeleteReturningAIBadge"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"DeleteBadgeInput"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Boolean"}},"defaultValue":{"kind":"BooleanValue","value":false}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deleteBadge"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}},{"kind":"Argument","name":{"kind":"Name","value":"dryRun"},"value":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}}},{"kind":"Argument","name":{"kind":"Name","value":"idempotencyKey"},"value":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deletedBadgeId"}},{"kind":"Field","name":{"kind":"Name","value":"changes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"before"}},{"kind":"Field","name":{"kind":"Name","value":"after"}}]}},{"kind":"Field","name":{"kind":"Name","value":"warnings"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"fields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeConflictError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"currentBadge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeProviderError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterMs"}}]}}]}}]}}]}}]} as unknown as DocumentNode<DeleteReturningAIBadgeMutation, DeleteReturningAIBadgeMutationVariables>;
export const RenameReturningAIBadgeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RenameReturningAIBadge"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UpdateBadgeInput"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Boolean"}},"defaultValue":{"kind":"BooleanValue","value":false}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"updateBadge"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}},{"kind":"Argument","name":{"kind":"Name","value":"dryRun"},"value":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}}},{"kind":"Argument","name":{"kind":"Name","value":"idempotencyKey"},"value":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"badge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ReturningAIBadge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"action"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"attachRequired"}},{"kind":"Field","name":{"kind":"Name","value":"awarded"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"changes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"before"}},{"kind":"Field","name":{"kind":"Name","value":"after"}}]}},{"kind":"Field","name":{"kind":"Name","value":"warnings"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"fields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeConflictError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"currentBadge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeProviderError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterMs"}}]}}]}}]}}]}}]} as unknown as DocumentNode<RenameReturningAIBadgeMutation, RenameReturningAIBadgeMutationVariables>;
export const RenameTagMangoBadgeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RenameTagMangoBadge"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UpdateBadgeInput"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Boolean"}},"defaultValue":{"kind":"BooleanValue","value":false}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"updateBadge"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}},{"kind":"Argument","name":{"kind":"Name","value":"dryRun"},"value":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}}},{"kind":"Argument","name":{"kind":"Name","value":"idempotencyKey"},"value":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"badge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TagMangoBadge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"enableAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"pointsThreshold"}},{"kind":"Field","name":{"kind":"Name","value":"pointCategoryForAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"automationEnabledMangoes"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"changes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"before"}},{"kind":"Field","name":{"kind":"Name","value":"after"}}]}},{"kind":"Field","name":{"kind":"Name","value":"warnings"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"fields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeConflictError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"currentBadge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeProviderError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterMs"}}]}}]}}]}}]}}]} as unknown as DocumentNode<RenameTagMangoBadgeMutation, RenameTagMangoBadgeMutationVariables>;
export const RevokeReturningAIBadgeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RevokeReturningAIBadge"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RevokeBadgeInput"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Boolean"}},"defaultValue":{"kind":"BooleanValue","value":false}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"revokeBadge"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}},{"kind":"Argument","name":{"kind":"Name","value":"dryRun"},"value":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}}},{"kind":"Argument","name":{"kind":"Name","value":"idempotencyKey"},"value":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"badge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ReturningAIBadge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"action"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"attachRequired"}},{"kind":"Field","name":{"kind":"Name","value":"awarded"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"changes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"before"}},{"kind":"Field","name":{"kind":"Name","value":"after"}}]}},{"kind":"Field","name":{"kind":"Name","value":"warnings"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"fields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeConflictError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"currentBadge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeProviderError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterMs"}}]}}]}}]}}]}}]} as unknown as DocumentNode<RevokeReturningAIBadgeMutation, RevokeReturningAIBadgeMutationVariables>;
export const TryTagMangoUpdateDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"TryTagMangoUpdate"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UpdateBadgeInput"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Boolean"}},"defaultValue":{"kind":"BooleanValue","value":false}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"updateBadge"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}},{"kind":"Argument","name":{"kind":"Name","value":"dryRun"},"value":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}}},{"kind":"Argument","name":{"kind":"Name","value":"idempotencyKey"},"value":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"badge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TagMangoBadge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"enableAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"pointsThreshold"}},{"kind":"Field","name":{"kind":"Name","value":"pointCategoryForAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"automationEnabledMangoes"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"changes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"before"}},{"kind":"Field","name":{"kind":"Name","value":"after"}}]}},{"kind":"Field","name":{"kind":"Name","value":"warnings"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"fields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeConflictError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"currentBadge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeProviderError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterMs"}}]}}]}}]}}]}}]} as unknown as DocumentNode<TryTagMangoUpdateMutation, TryTagMangoUpdateMutationVariables>;
export const UpdateTagMangoIfUnchangedDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"UpdateTagMangoIfUnchanged"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UpdateBadgeInput"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Boolean"}},"defaultValue":{"kind":"BooleanValue","value":false}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"updateBadge"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}},{"kind":"Argument","name":{"kind":"Name","value":"dryRun"},"value":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}}},{"kind":"Argument","name":{"kind":"Name","value":"idempotencyKey"},"value":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"badge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TagMangoBadge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"enableAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"pointsThreshold"}},{"kind":"Field","name":{"kind":"Name","value":"pointCategoryForAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"automationEnabledMangoes"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"changes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"before"}},{"kind":"Field","name":{"kind":"Name","value":"after"}}]}},{"kind":"Field","name":{"kind":"Name","value":"warnings"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"fields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeConflictError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"currentBadge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeProviderError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterMs"}}]}}]}}]}}]}}]} as unknown as DocumentNode<UpdateTagMangoIfUnchangedMutation, UpdateTagMangoIfUnchangedMutationVariables>;
export const UpdateTagMangoOnceDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"UpdateTagMangoOnce"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UpdateBadgeInput"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Boolean"}},"defaultValue":{"kind":"BooleanValue","value":false}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"updateBadge"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}},{"kind":"Argument","name":{"kind":"Name","value":"dryRun"},"value":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}}},{"kind":"Argument","name":{"kind":"Name","value":"idempotencyKey"},"value":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"badge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TagMangoBadge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"enableAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"pointsThreshold"}},{"kind":"Field","name":{"kind":"Name","value":"pointCategoryForAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"automationEnabledMangoes"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"changes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"before"}},{"kind":"Field","name":{"kind":"Name","value":"after"}}]}},{"kind":"Field","name":{"kind":"Name","value":"warnings"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"fields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeConflictError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"currentBadge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeProviderError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterMs"}}]}}]}}]}}]}}]} as unknown as DocumentNode<UpdateTagMangoOnceMutation, UpdateTagMangoOnceMutationVariables>;
export const BadgePageDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"BadgePage"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"last"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"before"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFilter"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeOrder"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"badges"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"last"},"value":{"kind":"Variable","name":{"kind":"Name","value":"last"}}},{"kind":"Argument","name":{"kind":"Name","value":"before"},"value":{"kind":"Variable","name":{"kind":"Name","value":"before"}}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"hasPreviousPage"}},{"kind":"Field","name":{"kind":"Name","value":"startCursor"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}},{"kind":"Field","name":{"kind":"Name","value":"sources"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterMs"}},{"kind":"Field","name":{"kind":"Name","value":"asOf"}},{"kind":"Field","name":{"kind":"Name","value":"droppedRecords"}}]}},{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"BadgeCard"}}]}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"BadgeCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"imageUrl"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}}]} as unknown as DocumentNode<BadgePageQuery, BadgePageQueryVariables>;
export const OneBadgeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"OneBadge"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"provider"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeProvider"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"badge"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"provider"},"value":{"kind":"Variable","name":{"kind":"Name","value":"provider"}}},{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"BadgeCard"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"ReturningAIBadgeDetails"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"TagMangoBadgeDetails"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"BadgeCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"imageUrl"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ReturningAIBadgeDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ReturningAIBadge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"action"}},{"kind":"Field","name":{"kind":"Name","value":"attachRequired"}},{"kind":"Field","name":{"kind":"Name","value":"awarded"}},{"kind":"Field","name":{"kind":"Name","value":"image"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"title"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"TagMangoBadgeDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TagMangoBadge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"automationEnabledMangoes"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"creator"}},{"kind":"Field","name":{"kind":"Name","value":"enableAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"pointCategoryForAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"pointsThreshold"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}}]} as unknown as DocumentNode<OneBadgeQuery, OneBadgeQueryVariables>;
export const UpdateBadgeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"UpdateBadge"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UpdateBadgeInput"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Boolean"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"updateBadge"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}},{"kind":"Argument","name":{"kind":"Name","value":"dryRun"},"value":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}}},{"kind":"Argument","name":{"kind":"Name","value":"idempotencyKey"},"value":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"badge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"BadgeCard"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"ReturningAIBadgeDetails"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"TagMangoBadgeDetails"}}]}},{"kind":"Field","name":{"kind":"Name","value":"changes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"before"}},{"kind":"Field","name":{"kind":"Name","value":"after"}}]}},{"kind":"Field","name":{"kind":"Name","value":"warnings"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"fields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeConflictError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"currentBadge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"BadgeCard"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeProviderError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterMs"}}]}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"BadgeCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"imageUrl"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ReturningAIBadgeDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ReturningAIBadge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"action"}},{"kind":"Field","name":{"kind":"Name","value":"attachRequired"}},{"kind":"Field","name":{"kind":"Name","value":"awarded"}},{"kind":"Field","name":{"kind":"Name","value":"image"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"title"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"TagMangoBadgeDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TagMangoBadge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"automationEnabledMangoes"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"creator"}},{"kind":"Field","name":{"kind":"Name","value":"enableAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"pointCategoryForAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"pointsThreshold"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}}]} as unknown as DocumentNode<UpdateBadgeMutation, UpdateBadgeMutationVariables>;
export const CreateBadgeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateBadge"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateBadgeInput"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Boolean"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createBadge"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}},{"kind":"Argument","name":{"kind":"Name","value":"dryRun"},"value":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}}},{"kind":"Argument","name":{"kind":"Name","value":"idempotencyKey"},"value":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"badge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"WholeBadge"}}]}},{"kind":"Field","name":{"kind":"Name","value":"changes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"before"}},{"kind":"Field","name":{"kind":"Name","value":"after"}}]}},{"kind":"Field","name":{"kind":"Name","value":"warnings"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"fields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"WholeUserError"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"BadgeCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"imageUrl"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ReturningAIBadgeDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ReturningAIBadge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"action"}},{"kind":"Field","name":{"kind":"Name","value":"attachRequired"}},{"kind":"Field","name":{"kind":"Name","value":"awarded"}},{"kind":"Field","name":{"kind":"Name","value":"image"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"title"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"TagMangoBadgeDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TagMangoBadge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"automationEnabledMangoes"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"creator"}},{"kind":"Field","name":{"kind":"Name","value":"enableAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"pointCategoryForAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"pointsThreshold"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"WholeBadge"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Badge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"BadgeCard"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"ReturningAIBadgeDetails"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"TagMangoBadgeDetails"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"WholeUserError"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeUserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeConflictError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"currentBadge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"BadgeCard"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeProviderError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterMs"}}]}}]}}]} as unknown as DocumentNode<CreateBadgeMutation, CreateBadgeMutationVariables>;
export const DeleteBadgeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"DeleteBadge"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"DeleteBadgeInput"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Boolean"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deleteBadge"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}},{"kind":"Argument","name":{"kind":"Name","value":"dryRun"},"value":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}}},{"kind":"Argument","name":{"kind":"Name","value":"idempotencyKey"},"value":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deletedBadgeId"}},{"kind":"Field","name":{"kind":"Name","value":"changes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"before"}},{"kind":"Field","name":{"kind":"Name","value":"after"}}]}},{"kind":"Field","name":{"kind":"Name","value":"warnings"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"fields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"WholeUserError"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"BadgeCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"imageUrl"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"WholeUserError"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeUserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeConflictError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"currentBadge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"BadgeCard"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeProviderError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterMs"}}]}}]}}]} as unknown as DocumentNode<DeleteBadgeMutation, DeleteBadgeMutationVariables>;
export const AwardBadgeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"AwardBadge"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"AwardBadgeInput"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Boolean"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"awardBadge"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}},{"kind":"Argument","name":{"kind":"Name","value":"dryRun"},"value":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}}},{"kind":"Argument","name":{"kind":"Name","value":"idempotencyKey"},"value":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"badges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"WholeBadge"}}]}},{"kind":"Field","name":{"kind":"Name","value":"changes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"before"}},{"kind":"Field","name":{"kind":"Name","value":"after"}}]}},{"kind":"Field","name":{"kind":"Name","value":"warnings"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"fields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"WholeUserError"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"BadgeCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"imageUrl"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ReturningAIBadgeDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ReturningAIBadge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"action"}},{"kind":"Field","name":{"kind":"Name","value":"attachRequired"}},{"kind":"Field","name":{"kind":"Name","value":"awarded"}},{"kind":"Field","name":{"kind":"Name","value":"image"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"title"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"TagMangoBadgeDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TagMangoBadge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"automationEnabledMangoes"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"creator"}},{"kind":"Field","name":{"kind":"Name","value":"enableAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"pointCategoryForAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"pointsThreshold"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"WholeBadge"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Badge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"BadgeCard"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"ReturningAIBadgeDetails"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"TagMangoBadgeDetails"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"WholeUserError"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeUserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeConflictError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"currentBadge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"BadgeCard"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeProviderError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterMs"}}]}}]}}]} as unknown as DocumentNode<AwardBadgeMutation, AwardBadgeMutationVariables>;
export const RevokeBadgeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RevokeBadge"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RevokeBadgeInput"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Boolean"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"revokeBadge"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}},{"kind":"Argument","name":{"kind":"Name","value":"dryRun"},"value":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}}},{"kind":"Argument","name":{"kind":"Name","value":"idempotencyKey"},"value":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"badge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"WholeBadge"}}]}},{"kind":"Field","name":{"kind":"Name","value":"changes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"before"}},{"kind":"Field","name":{"kind":"Name","value":"after"}}]}},{"kind":"Field","name":{"kind":"Name","value":"warnings"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"fields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"WholeUserError"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"BadgeCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"imageUrl"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ReturningAIBadgeDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ReturningAIBadge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"action"}},{"kind":"Field","name":{"kind":"Name","value":"attachRequired"}},{"kind":"Field","name":{"kind":"Name","value":"awarded"}},{"kind":"Field","name":{"kind":"Name","value":"image"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"title"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"TagMangoBadgeDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TagMangoBadge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"automationEnabledMangoes"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"creator"}},{"kind":"Field","name":{"kind":"Name","value":"enableAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"pointCategoryForAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"pointsThreshold"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"WholeBadge"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Badge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"BadgeCard"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"ReturningAIBadgeDetails"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"TagMangoBadgeDetails"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"WholeUserError"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeUserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeConflictError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"currentBadge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"BadgeCard"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeProviderError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterMs"}}]}}]}}]} as unknown as DocumentNode<RevokeBadgeMutation, RevokeBadgeMutationVariables>;
export const BadgeHistoryDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"BadgeHistory"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"provider"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeProvider"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"badgeHistory"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"provider"},"value":{"kind":"Variable","name":{"kind":"Name","value":"provider"}}},{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"at"}},{"kind":"Field","name":{"kind":"Name","value":"caller"}},{"kind":"Field","name":{"kind":"Name","value":"operation"}},{"kind":"Field","name":{"kind":"Name","value":"outcome"}},{"kind":"Field","name":{"kind":"Name","value":"changes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"before"}},{"kind":"Field","name":{"kind":"Name","value":"after"}}]}},{"kind":"Field","name":{"kind":"Name","value":"idempotencyKey"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"hasPreviousPage"}},{"kind":"Field","name":{"kind":"Name","value":"startCursor"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<BadgeHistoryQuery, BadgeHistoryQueryVariables>;
export const TagMangoMemberDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"TagMangoMember"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"email"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"phone"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tagMangoMember"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"email"},"value":{"kind":"Variable","name":{"kind":"Name","value":"email"}}},{"kind":"Argument","name":{"kind":"Name","value":"phone"},"value":{"kind":"Variable","name":{"kind":"Name","value":"phone"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"badges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"BadgeCard"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"TagMangoBadgeDetails"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"BadgeCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BadgeFields"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"imageUrl"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"TagMangoBadgeDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TagMangoBadge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"automationEnabledMangoes"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"creator"}},{"kind":"Field","name":{"kind":"Name","value":"enableAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"pointCategoryForAutomation"}},{"kind":"Field","name":{"kind":"Name","value":"pointsThreshold"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}}]} as unknown as DocumentNode<TagMangoMemberQuery, TagMangoMemberQueryVariables>;