/** What the shop has written down of a customer: attributes, tags, notes, orders. Editing them is loaded when asked for. */
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "@/data/keys";
import css from "@/features/customer/Details.module.css";
import { api } from "@/lib/api/client";
import type { AttributeDefinition, Customer, Order } from "@/lib/api/types";
import { day, phone } from "@/lib/format/text";
import { date } from "@/lib/format/time";
import { Button } from "@/ui/Button";
import { Skeleton } from "@/ui/Skeleton";

const Editor = lazy(() => import("@/features/customer/edit/Editor"));

export function useAttributes() {
  return useQuery({ queryKey: keys.attributes, queryFn: async () => (await api.GET("/api/v1/attributes")).items });
}

interface Props {
  customer: Customer;
  onSaved: (saved: Customer) => Promise<void>;
}

export function Details({ customer, onSaved }: Props) {
  const { t } = useTranslation();
  const [isEditing, setEditing] = useState(false);
  if (isEditing) {
    return (
      <Suspense fallback={<Skeleton lines={4} />}>
        <Editor
          customer={customer}
          onDone={() => setEditing(false)}
          onSaved={async (saved) => {
            await onSaved(saved);
            setEditing(false);
          }}
        />
      </Suspense>
    );
  }
  return (
    <section className={css.details} aria-label={t("details.title")}>
      <Tags tags={customer.tags} />
      <Attributes customer={customer} />
      {customer.notes.map((note) => (
        <p key={note.record_id} className={css.note}>
          {note.text}
        </p>
      ))}
      <div>
        <Button size="s" icon="pencil" onClick={() => setEditing(true)}>
          {t("details.edit")}
        </Button>
      </div>
    </section>
  );
}

function Tags({ tags }: { tags: readonly string[] }) {
  const { t } = useTranslation();
  if (tags.length === 0) return null;
  return (
    <ul className={css.tags} aria-label={t("details.tags")}>
      {tags.map((tag) => (
        <li key={tag} className={css.tag}>
          {tag}
        </li>
      ))}
    </ul>
  );
}

function Attributes({ customer }: { customer: Customer }) {
  const attributes = useAttributes();
  const { i18n } = useTranslation();
  const shown = (attributes.data ?? []).filter(
    ({ key, retired }) => !retired && customer.attributes[key] !== undefined,
  );
  if (shown.length === 0) return null;
  return (
    <dl className={css.attributes}>
      {shown.map((definition) => (
        <div key={definition.key} className={css.attribute}>
          <dt>{labelOf(definition, i18n.language)}</dt>
          <dd className={definition.kind === "number" ? "figures" : undefined}>
            {written(definition, customer.attributes[definition.key] ?? "", i18n.language)}
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function Orders({ customer }: { customer: Customer }) {
  const { t } = useTranslation();
  if (customer.orders.length === 0) return null;
  return (
    <section className={css.orders} aria-label={t("details.orders")}>
      <h3 className={css.heading}>{t("details.orders")}</h3>
      <ul className={css.orderList}>
        {customer.orders.map((order) => (
          <OrderLine key={order.id} order={order} />
        ))}
      </ul>
    </section>
  );
}

function OrderLine({ order }: { order: Order }) {
  const { i18n } = useTranslation();
  const items = order.items.map((item) => `${Number(item.quantity ?? 1)} × ${String(item.name)}`).join(", ");
  return (
    <li className={css.order}>
      <p className={css.orderHead}>
        <span className={css.orderId}>{order.external_id}</span>
        <span className={css.status}>{order.status}</span>
      </p>
      {items !== "" && <p className={css.items}>{items}</p>}
      <p className={css.meta}>
        {[
          date(order.placed_at),
          order.total === null ? null : money(order.total, order.currency ?? "VND", i18n.language),
          order.recipient_phone && phone(order.recipient_phone),
          order.tracking_code,
        ]
          .filter(Boolean)
          .join(" · ")}
      </p>
    </li>
  );
}

export function labelOf(definition: AttributeDefinition, language: string): string {
  return language === "vi" ? definition.label_vi : definition.label_en;
}

function written(definition: AttributeDefinition, value: string | number, language: string): string {
  if (definition.kind === "date") return day(String(value));
  return typeof value === "number" ? value.toLocaleString(language) : value;
}

function money(total: string, currency: string, language: string): string {
  return Number(total).toLocaleString(language, { style: "currency", currency, maximumFractionDigits: 2 });
}
