import { type FormEvent, useState } from 'react';
import { Conflict } from './Conflict.tsx';
import { FieldControl } from './FieldControl.tsx';
import { Changes, WriteReport } from './WriteReport.tsx';
import {
  type Badge,
  type CreateInput,
  type Provider,
  type UpdateInput,
  createBadge,
  updateBadge,
} from './operations.ts';
import {
  type Draft,
  type Field,
  PROVIDER_FORMS,
  toChanges,
  toDraft,
  toNothing,
} from './provider-forms.ts';
import { useWrite } from './use-write.ts';

interface BadgeFormProps {
  provider: Provider;
  /** Undefined: a new one. */
  badge?: Badge;
  onSaved?: (badge: Badge) => void;
}

/** The badge that the changes are based on. An update is refused if its version is not the badge's any more. */
interface Base {
  values: Draft;
  version?: string;
}

/** A stable function, so that it is called once for each preview. */
const focus = (node: HTMLElement | null): void => node?.focus();

/** Edits or creates a badge: first a preview of the changes, then the change itself. */
export function BadgeForm({ provider, badge, onSaved }: BadgeFormProps) {
  const fields = PROVIDER_FORMS[provider.inputField]?.fields ?? [];
  const update = useWrite(updateBadge);
  const create = useWrite(createBadge);
  const { isBusy, error } = badge ? update : create;
  const toBase = (of: Badge | undefined): Base => ({
    values: toDraft(of ?? {}, fields),
    ...(of && { version: of.version }),
  });
  const [base, setBase] = useState(() => toBase(badge));
  const [draft, setDraft] = useState(base.values);
  const [hiddenFields, setHiddenFields] = useState('');
  const [isOpen, setOpen] = useState(false);
  const [step, setStep] = useState<'edit' | 'preview' | 'save'>('edit');
  const [result, setResult] = useState<Awaited<ReturnType<typeof update.send>>>();
  const conflict = result?.userErrors.find((each) => each.__typename === 'BadgeConflictError');
  const isPreviewed = step === 'preview' && !error && result?.outcome === 'DRY_RUN';

  // A newer badge was read, and nothing is entered yet.
  if (badge && badge.version !== base.version && draft === base.values && step !== 'save') {
    const newer = toBase(badge);
    setBase(newer);
    setDraft(newer.values);
  }

  async function run(next: 'preview' | 'save', from = { base, draft }): Promise<void> {
    const { values, version } = from.base;
    const changes = {
      ...toChanges(fields, values, from.draft),
      ...(hiddenFields === 'NOTHING' && toNothing(fields, from.draft)),
      ...((hiddenFields === 'REUSE' || hiddenFields === 'OMIT') && { hiddenFields }),
    };
    setStep(next);
    setResult(undefined);
    const how = next === 'preview' ? 'preview' : 'send';
    const outcome = badge
      ? await update[how]({
          input: { [provider.inputField]: { id: badge.id, ...changes } } as UpdateInput,
          ...(version !== undefined && { expectedVersion: version }),
        })
      : await create[how]({ input: { [provider.inputField]: changes } as CreateInput });
    setResult(outcome);
    if (outcome?.userErrors.some(({ code }) => code === 'HIDDEN_FIELDS_UNKNOWN')) setOpen(true);
    if (next === 'save' && outcome?.outcome === 'APPLIED' && outcome.badge) {
      const saved = toBase(outcome.badge);
      setBase(saved);
      setDraft(saved.values);
      setHiddenFields('');
      onSaved?.(outcome.badge);
    }
  }

  function edit(values: Draft): void {
    setDraft({ ...draft, ...values });
    setStep('edit');
    setResult(undefined);
  }

  function resolve(keeps: 'mine' | 'theirs', current: Badge): void {
    const next = toBase(current);
    const mine = fields.filter(({ name }) => draft[name] !== base.values[name]);
    const kept = Object.fromEntries(mine.map(({ name }) => [name, draft[name] ?? '']));
    const nextDraft = keeps === 'mine' ? { ...next.values, ...kept } : next.values;
    setBase(next);
    setDraft(nextDraft);
    setResult(undefined);
    setStep('edit');
    if (keeps === 'mine') void run('preview', { base: next, draft: nextDraft });
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (!isBusy) void run(isPreviewed ? 'save' : 'preview');
  }

  const problemsOf = ({ name }: Field): string[] =>
    (result?.userErrors ?? [])
      .filter((each) => each.fields.some((path) => path.at(-1) === name))
      .map(({ code, message }) =>
        code === 'HIDDEN_FIELDS_UNKNOWN' ? 'Its value is unknown.' : message,
      );
  const toControl = (field: Field) => (
    <FieldControl
      key={field.name}
      field={field}
      value={draft[field.name] ?? ''}
      problems={problemsOf(field)}
      isNew={!badge}
      onChange={(value) => edit({ [field.name]: value })}
    />
  );
  const hidden = fields.filter(({ isHidden }) => isHidden);

  return (
    <form onSubmit={submit} aria-busy={isBusy}>
      {fields.filter(({ isHidden }) => !isHidden).map(toControl)}
      {step !== 'edit' && (
        <WriteReport
          provider={provider}
          result={result}
          error={error}
          isPreview={step === 'preview'}
          done="Saved."
          onRepeat={() => void run(step)}
        />
      )}
      {conflict?.currentBadge && (
        <Conflict
          fields={fields}
          base={base.values}
          current={toDraft(conflict.currentBadge, fields)}
          draft={draft}
          onResolve={(keeps) => conflict.currentBadge && resolve(keeps, conflict.currentBadge)}
        />
      )}
      {hidden.length > 0 && (
        <details open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
          <summary>Fields that {provider.title} does not show</summary>
          {badge && (
            <>
              <p className="quiet">
                They can be written but not read. {provider.title} replaces the whole badge at each
                change, so their values must be sent each time.
              </p>
              <label className="field">
                Those that you leave empty
                <select
                  value={hiddenFields}
                  onChange={({ target }) => {
                    setHiddenFields(target.value);
                    edit({});
                  }}
                >
                  <option value="">keep what was saved here</option>
                  <option value="REUSE">keep it even if edited elsewhere</option>
                  <option value="NOTHING">become empty, no or 0</option>
                  <option value="OMIT">are not sent, and may be reset</option>
                </select>
              </label>
            </>
          )}
          {hidden.map(toControl)}
        </details>
      )}
      {isPreviewed && (
        <section className="preview" aria-label="Preview">
          <h3 ref={focus} tabIndex={-1}>
            {badge ? 'This will change' : 'This will be created'}
          </h3>
          <Changes changes={result.changes} provider={provider} />
        </section>
      )}
      {!conflict?.currentBadge && (
        <div className="actions">
          <button className="primary">
            {isPreviewed ? (badge ? 'Save changes' : 'Create badge') : 'Preview'}
          </button>
          {(isPreviewed || draft !== base.values) && (
            <button type="button" onClick={() => (isPreviewed ? edit({}) : edit(base.values))}>
              {isPreviewed ? 'Keep editing' : 'Discard'}
            </button>
          )}
        </div>
      )}
    </form>
  );
}
