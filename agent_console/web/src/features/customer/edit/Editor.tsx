/** A customer by hand: a new one, or what staff know of one. Numbers may join customers, so what follows is said first. */
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useAttributes } from "@/features/customer/Details";
import { AttributeFields, type Values } from "@/features/customer/edit/AttributeFields";
import { changeCustomer, createCustomer, split } from "@/features/customer/edit/api";
import { Chips } from "@/features/customer/edit/Chips";
import { Consequences } from "@/features/customer/edit/Consequences";
import css from "@/features/customer/edit/Editor.module.css";
import { asProblem } from "@/lib/api/problems";
import type { Customer } from "@/lib/api/types";
import { phone } from "@/lib/format/text";
import { Button } from "@/ui/Button";
import { Fault } from "@/ui/Fault";

const NAME_MAX = 200;
const NOTE_MAX = 4000;

interface Props {
  customer: Customer;
  onDone: () => void;
  onSaved: (saved: Customer) => Promise<void>;
}

/** What is known, changed. */
export default function Editor({ customer, onDone, onSaved }: Props) {
  const given = enteredByStaff(customer);
  return (
    <Form
      customerId={customer.id}
      start={{
        name: customer.given_name ?? "",
        contacts: given,
        tags: [...customer.tags],
        values: customer.attributes,
        notes: notesOf(customer),
      }}
      onDone={onDone}
      onSave={async (draft) => {
        const added = split(draft.contacts.filter((contact) => !given.includes(contact)));
        const removed = split(given.filter((contact) => !draft.contacts.includes(contact)));
        const saved = await changeCustomer(customer.id, {
          ...(draft.name.trim() !== (customer.given_name ?? "") && { name: draft.name.trim() || null }),
          add_phones: added.phones,
          add_emails: added.emails,
          remove_phones: removed.phones,
          remove_emails: removed.emails,
          attributes: changed(customer.attributes, draft.values),
          tags: draft.tags,
          notes: Object.fromEntries(
            Object.entries(draft.notes).filter(([record, text]) => text !== (notesOf(customer)[record] ?? "")),
          ),
        });
        await onSaved(saved);
      }}
    />
  );
}

/** A new one. `onMade` gets null when the number made them part of somebody who may not be seen. */
export function NewCustomer({ onDone, onMade }: { onDone: () => void; onMade: (id: string | null) => Promise<void> }) {
  const [click] = useState(() => crypto.randomUUID());
  return (
    <Form
      customerId={null}
      start={{ name: "", contacts: [], tags: [], values: {}, notes: { [NEW]: "" } }}
      onDone={onDone}
      onSave={async (draft) => {
        const made = await createCustomer({
          client_id: click,
          name: draft.name.trim() || null,
          ...split(draft.contacts),
          attributes: draft.values,
          tags: draft.tags,
          note: draft.notes[NEW]?.trim() || null,
        });
        await onMade(made.seen ? made.id : null);
      }}
    />
  );
}

const NEW = "new";

interface Draft {
  readonly name: string;
  readonly contacts: readonly string[];
  readonly tags: readonly string[];
  readonly values: Values;
  readonly notes: Readonly<Record<string, string>>;
}

interface FormProps {
  customerId: string | null;
  start: Draft;
  onDone: () => void;
  onSave: (draft: Draft) => Promise<void>;
}

function Form({ customerId, start, onDone, onSave }: FormProps) {
  const { t } = useTranslation();
  const attributes = useAttributes();
  const [draft, setDraft] = useState(start);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const set = (change: Partial<Draft>) => setDraft((known) => ({ ...known, ...change }));
  const faults = error === null ? [] : asProblem(error).faults;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await onSave(draft);
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className={css.form} onSubmit={submit} noValidate aria-label={t("details.title")}>
      <label className={css.field}>
        <span>{t("customer.name")}</span>
        <input
          className={css.input}
          value={draft.name}
          maxLength={NAME_MAX}
          autoComplete="off"
          onChange={(change) => set({ name: change.currentTarget.value })}
        />
      </label>
      <Chips
        label={t("details.contacts")}
        hint={t("details.contactsHint")}
        values={draft.contacts}
        shown={phone}
        onChange={(contacts) => set({ contacts })}
      />
      <Consequences
        customerId={customerId}
        name={draft.name.trim() || null}
        contacts={draft.contacts.filter((contact) => !start.contacts.includes(contact))}
      />
      <AttributeFields
        definitions={(attributes.data ?? []).filter((one) => !one.retired)}
        values={draft.values}
        faults={faults}
        onChange={(values) => set({ values })}
      />
      <Chips
        label={t("details.tags")}
        hint={t("details.tagsHint")}
        values={draft.tags}
        onChange={(tags) => set({ tags })}
      />
      {Object.entries(draft.notes).map(([record, text]) => (
        <label key={record} className={css.field}>
          <span>{t("details.note")}</span>
          <textarea
            className={css.area}
            rows={3}
            value={text}
            maxLength={NOTE_MAX}
            onChange={(change) => set({ notes: { ...draft.notes, [record]: change.currentTarget.value } })}
          />
        </label>
      ))}
      {error !== null && <Fault error={error} />}
      <div className={css.foot}>
        <Button kind="primary" type="submit" disabled={isBusy}>
          {t("action.save")}
        </Button>
        <Button kind="quiet" onClick={onDone}>
          {t("action.cancel")}
        </Button>
      </div>
    </form>
  );
}

/** The number or address of each proof that staff entered by hand, once. */
function enteredByStaff(customer: Customer): string[] {
  const proofs = customer.identities.flatMap((identity) => identity.evidence);
  return [...new Set(proofs.filter((proof) => proof.source === "agent_entry").map((proof) => proof.value))];
}

/** Every note where it stands, and room for one on the record that stands for the customer. */
function notesOf(customer: Customer): Record<string, string> {
  const notes = Object.fromEntries(customer.notes.map((note) => [note.record_id, note.text]));
  return customer.notes.length > 0 ? notes : { [customer.id]: "" };
}

function changed(before: Values, after: Values): Record<string, string | number | null> {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return Object.fromEntries(
    [...keys].filter((key) => before[key] !== after[key]).map((key) => [key, after[key] ?? null]),
  );
}
