/** A form of administration: its fields, what the hub refused, and both ways out. */
import type { FormEvent, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import css from "@/features/admin/Admin.module.css";
import type { Saving } from "@/features/admin/use-saving";
import { Button } from "@/ui/Button";
import { Fault } from "@/ui/Fault";

interface Props {
  isNew: boolean; // stands by itself, not below the line of an item
  saving: Saving;
  save?: string; // the word on the button
  onSave: () => Promise<unknown>;
  onCancel: () => void;
  children: ReactNode;
}

export function Form({ isNew, saving, save, onSave, onCancel, children }: Props) {
  const { t } = useTranslation();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saving.run(onSave);
  };
  return (
    <form className={css.form} data-alone={isNew || undefined} onSubmit={submit} noValidate>
      {children}
      {saving.error !== null && <Fault error={saving.error} />}
      <div className={css.formFoot}>
        <Button kind="primary" type="submit" disabled={saving.isBusy}>
          {save ?? t("action.save")}
        </Button>
        <Button kind="quiet" onClick={onCancel}>
          {t("action.cancel")}
        </Button>
      </div>
    </form>
  );
}
