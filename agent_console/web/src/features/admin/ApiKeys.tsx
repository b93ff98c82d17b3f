/** Keys of other systems: made with scopes, shown once, revoked for good; and what was done that leaves the house. */
import { Checkbox, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "@/data/keys";
import { useAgentName } from "@/data/session";
import css from "@/features/admin/Admin.module.css";
import { AddBar } from "@/features/admin/parts/Bar";
import { Form } from "@/features/admin/parts/Form";
import { useFaultAt, useSaving } from "@/features/admin/use-saving";
import { api } from "@/lib/api/client";
import type { ApiKey, Scope } from "@/lib/api/types";
import { dateTime } from "@/lib/format/time";
import { Button } from "@/ui/Button";
import { CopyButton } from "@/ui/CopyButton";
import { Empty } from "@/ui/Empty";
import { Fault } from "@/ui/Fault";
import { Skeleton } from "@/ui/Skeleton";

const SCOPES: readonly Scope[] = ["customers:read", "customers:write", "orders:read", "orders:write"];

export default function ApiKeys() {
  const { t } = useTranslation();
  const list = useQuery({
    queryKey: keys.apiKeys,
    queryFn: async () => (await api.GET("/api/v1/api-keys")).items,
    staleTime: 0,
  });
  const [isAdding, setAdding] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  if (list.error !== null) return <Fault error={list.error} onRetry={() => void list.refetch()} />;
  if (!list.data) return <Skeleton lines={4} />;
  return (
    <>
      <AddBar hint={t("keys.hint")} add={t("keys.add")} disabled={isAdding} onAdd={() => setAdding(true)} />
      {secret !== null && <Secret secret={secret} onSeen={() => setSecret(null)} />}
      {isAdding && (
        <KeyForm
          onDone={() => setAdding(false)}
          onMade={(made) => {
            setAdding(false);
            setSecret(made);
          }}
        />
      )}
      {list.data.length === 0 && !isAdding && <Empty title={t("keys.none.title")} hint={t("keys.none.hint")} />}
      {list.data.length > 0 && (
        <ul className={css.list}>
          {list.data.map((key) => (
            <Item key={key.id} one={key} />
          ))}
        </ul>
      )}
    </>
  );
}

function Secret({ secret, onSeen }: { secret: string; onSeen: () => void }) {
  const { t } = useTranslation();
  return (
    <section className={css.form} data-alone aria-label={t("keys.secret")}>
      <p>{t("keys.secretHint")}</p>
      <p className={css.webhook}>
        <code>{secret}</code>
        <CopyButton value={secret} />
      </p>
      <div className={css.formFoot}>
        <Button kind="primary" onClick={onSeen}>
          {t("keys.seen")}
        </Button>
      </div>
    </section>
  );
}

function KeyForm({ onDone, onMade }: { onDone: () => void; onMade: (secret: string) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const saving = useSaving(() => {});
  const faultAt = useFaultAt(saving.faults);
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly Scope[]>([]);
  const save = async () => {
    const made = await api.POST("/api/v1/api-keys", { body: { name, scopes } });
    await client.invalidateQueries({ queryKey: keys.apiKeys });
    onMade(made.secret);
  };
  return (
    <Form isNew={true} saving={saving} save={t("keys.add")} onSave={save} onCancel={onDone}>
      <div className={css.fields}>
        <TextInput
          label={t("keys.name")}
          description={t("keys.nameHint")}
          value={name}
          error={faultAt("body.name")}
          onChange={(e) => setName(e.currentTarget.value)}
        />
        <Checkbox.Group
          label={t("keys.scopes")}
          value={[...scopes]}
          error={faultAt("body.scopes")}
          onChange={(chosen) => setScopes(SCOPES.filter((scope) => chosen.includes(scope)))}
        >
          {SCOPES.map((scope) => (
            <Checkbox key={scope} value={scope} mt={8} label={t(`keys.scope.${scopeKey(scope)}`)} />
          ))}
        </Checkbox.Group>
      </div>
    </Form>
  );
}

function Item({ one }: { one: ApiKey }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const agentName = useAgentName();
  const saving = useSaving(() => void client.invalidateQueries({ queryKey: keys.apiKeys }));
  const [isSure, setSure] = useState(false);
  const revoke = () =>
    saving.run(() => api.POST("/api/v1/api-keys/{key_id}/revoke", { params: { path: { key_id: one.id } } }));
  const about = [
    `${one.hint}…`,
    one.scopes.map((scope) => t(`keys.scope.${scopeKey(scope)}`)).join(", "),
    agentName(one.created_by),
    one.last_used_at ? t("keys.used", { at: dateTime(one.last_used_at) }) : t("keys.unused"),
  ];
  return (
    <li className={css.item}>
      <div className={css.itemHead}>
        <div className={css.words}>
          <p className={css.name}>{one.name}</p>
          <p className={css.meta}>{about.filter(Boolean).join(" · ")}</p>
        </div>
        {one.revoked_at ? (
          <span className={css.badge} data-tone="late">
            {t("keys.revoked")}
          </span>
        ) : (
          <Button
            size="s"
            kind={isSure ? "danger" : "plain"}
            disabled={saving.isBusy}
            onClick={() => (isSure ? revoke() : setSure(true))}
            onBlur={() => setSure(false)}
          >
            {t(isSure ? "keys.revokeSure" : "keys.revoke")}
          </Button>
        )}
      </div>
      {saving.error !== null && <Fault error={saving.error} />}
    </li>
  );
}

/** Catalogs know no colon. */
function scopeKey(scope: Scope) {
  return scope.replace(":", "_") as "customers_read" | "customers_write" | "orders_read" | "orders_write";
}
