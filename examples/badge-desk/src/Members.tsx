import { useApolloClient } from '@apollo/client/react';
import { type FormEvent, useState } from 'react';
import { WriteReport } from './WriteReport.tsx';
import {
  type AwardInput,
  type Badge,
  type Provider,
  type RevokeInput,
  awardBadge,
  memberQuery,
  revokeBadge,
} from './operations.ts';
import { PROVIDER_FORMS } from './provider-forms.ts';
import { useWrite } from './use-write.ts';

type Action = 'award' | 'revoke';

/** Awards the badge to a member, or revokes it where the provider can. */
export function Members({ provider, badge }: { provider: Provider; badge: Badge }) {
  const { query } = useApolloClient();
  const writes = { award: useWrite(awardBadge), revoke: useWrite(revokeBadge) };
  const [email, setEmail] = useState('');
  const [problem, setProblem] = useState('');
  const [last, setLast] = useState<{
    action: Action;
    email: string;
    result?: Awaited<ReturnType<(typeof writes)[Action]['send']>>;
  }>();
  const form = PROVIDER_FORMS[provider.inputField];
  const isBusy = writes.award.isBusy || writes.revoke.isBusy;
  const actions: Action[] = provider.operations.includes('REVOKE')
    ? ['award', 'revoke']
    : ['award'];

  async function findId(address: string): Promise<string | undefined> {
    const { data, error } = await query({
      query: memberQuery,
      variables: { email: address },
      fetchPolicy: 'network-only',
    });
    if (error) throw error;
    return data?.tagMangoMember?.id;
  }

  async function run(action: Action, to: string): Promise<void> {
    setProblem('');
    setLast(undefined);
    try {
      const member = await form?.toMember(to, findId);
      if (!form || !member) return setProblem(`${provider.title} has no member with this address.`);
      const input = { [provider.inputField]: { ...form.toAwarded(badge.id), ...member } };
      setLast({ action, email: to });
      const result =
        action === 'award'
          ? await writes.award.send({ input: input as AwardInput })
          : await writes.revoke.send({ input: input as RevokeInput });
      setLast({ action, email: to, result });
    } catch (error) {
      setProblem(`The member could not be looked up. ${String(error)}`);
    }
  }

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    if (isBusy) return;
    const { submitter } = event.nativeEvent as SubmitEvent;
    void run(submitter?.getAttribute('value') === 'revoke' ? 'revoke' : 'award', email.trim());
  }

  return (
    <section className="panel">
      <h2>Members</h2>
      <form onSubmit={submit} aria-busy={isBusy}>
        <label className="field">
          E-mail address of the member
          <input
            type="email"
            required
            value={email}
            autoComplete="off"
            onChange={({ target }) => setEmail(target.value)}
          />
        </label>
        <div className="actions">
          {actions.map((action) => (
            <button key={action} value={action}>
              {action === 'award' ? 'Award badge' : 'Revoke badge'}
            </button>
          ))}
        </div>
      </form>
      {actions.length === 1 && (
        <p className="quiet">{provider.title} cannot take a badge back from here.</p>
      )}
      {problem && (
        <p className="notice bad" role="alert">
          {problem}
        </p>
      )}
      {last && (
        <WriteReport
          provider={provider}
          result={last.result}
          error={writes[last.action].error}
          done={
            last.action === 'award'
              ? `${last.email} now has the badge.`
              : `${last.email} no longer has the badge.`
          }
          onRepeat={() => void run(last.action, last.email)}
        />
      )}
    </section>
  );
}
