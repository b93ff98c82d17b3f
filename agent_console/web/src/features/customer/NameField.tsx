/** The name on top; a click lets the agent give a better one. */
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import css from "@/features/customer/CustomerPanel.module.css";
import { renameCustomer } from "@/features/customer/customer";
import { useAct } from "@/features/customer/use-act";
import type { Customer } from "@/lib/api/types";
import { phone } from "@/lib/format/text";
import { Avatar } from "@/ui/Avatar";
import { Button, IconButton } from "@/ui/Button";
import { Fault } from "@/ui/Fault";

const NAME_MAX = 200;

export function NameField({ conversationId, customer }: { conversationId: string; customer: Customer }) {
  const { t } = useTranslation();
  const [isEditing, setEditing] = useState(false);
  const shown = customer.name ?? firstName(customer) ?? t("customer.stranger");
  if (isEditing) {
    return (
      <Editor conversationId={conversationId} customer={customer} current={shown} onDone={() => setEditing(false)} />
    );
  }
  return (
    <div className={css.name}>
      <Avatar name={shown} size={40} />
      <h2 className={css.nameWords}>{shown}</h2>
      <IconButton icon="pencil" size="s" label={t("customer.rename")} onClick={() => setEditing(true)} />
    </div>
  );
}

function firstName(customer: Customer): string | undefined {
  const named = customer.identities.find((identity) => identity.display_name);
  return named?.display_name ?? (customer.phones[0] && phone(customer.phones[0]));
}

interface EditorProps {
  conversationId: string;
  customer: Customer;
  current: string;
  onDone: () => void;
}

function Editor({ conversationId, customer, current, onDone }: EditorProps) {
  const { t } = useTranslation();
  const [name, setName] = useState(current);
  const act = useAct(conversationId);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const wanted = name.trim();
    if (await act.run(() => renameCustomer(customer.id, wanted === "" ? null : wanted))) onDone();
  };
  return (
    <form className={css.editor} onSubmit={submit}>
      <input
        className={css.nameInput}
        value={name}
        maxLength={NAME_MAX}
        aria-label={t("customer.name")}
        // biome-ignore lint/a11y/noAutofocus: the agent has just asked for this field
        autoFocus
        onFocus={(focus) => focus.currentTarget.select()}
        onChange={(change) => setName(change.currentTarget.value)}
        onKeyDown={(event) => event.key === "Escape" && !event.nativeEvent.isComposing && onDone()}
      />
      <div className={css.editorFoot}>
        <Button kind="primary" size="s" type="submit" disabled={act.isBusy}>
          {t("action.save")}
        </Button>
        <Button kind="quiet" size="s" onClick={onDone}>
          {t("action.cancel")}
        </Button>
      </div>
      {act.error !== null && <Fault error={act.error} />}
    </form>
  );
}
