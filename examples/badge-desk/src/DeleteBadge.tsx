import { useRef, useState } from 'react';
import { WriteReport } from './WriteReport.tsx';
import { type Badge, type DeleteInput, type Provider, deleteBadge } from './operations.ts';
import { useWrite } from './use-write.ts';

interface DeleteBadgeProps {
  provider: Provider;
  badge: Badge;
  onDeleted: (name: string) => void;
}

export function DeleteBadge({ provider, badge, onDeleted }: DeleteBadgeProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { send, isBusy, error } = useWrite(deleteBadge);
  const [result, setResult] = useState<Awaited<ReturnType<typeof send>>>();

  async function run(): Promise<void> {
    setResult(undefined);
    const outcome = await send({
      input: { [provider.inputField]: { id: badge.id } } as DeleteInput,
      expectedVersion: badge.version,
    });
    setResult(outcome);
    if (outcome?.outcome === 'APPLIED') onDeleted(badge.name);
  }

  return (
    <section className="panel">
      <h2>Delete</h2>
      <button className="danger" onClick={() => dialog.current?.showModal()}>
        Delete badge…
      </button>
      <dialog ref={dialog} aria-labelledby="delete-title">
        <h2 id="delete-title">Delete “{badge.name}”?</h2>
        <p>{provider.title} removes it for good, and nothing here can bring it back.</p>
        <WriteReport
          provider={provider}
          result={result}
          error={error}
          done="Deleted."
          onRepeat={() => void run()}
        />
        <div className="actions">
          <button className="danger" onClick={() => !isBusy && void run()}>
            Delete it
          </button>
          <button autoFocus onClick={() => dialog.current?.close()}>
            Keep it
          </button>
        </div>
      </dialog>
    </section>
  );
}
