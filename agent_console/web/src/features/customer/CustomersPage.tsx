/** All customers: find one, see what is known, change it, make one by hand. For supervisors; agents see customers through
 * their conversations. */
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "@/data/keys";
import { useMe } from "@/data/session";
import { CustomerSheet } from "@/features/customer/CustomerSheet";
import css from "@/features/customer/CustomersPage.module.css";
import { api } from "@/lib/api/client";
import type { CustomerRow } from "@/lib/api/types";
import { phone } from "@/lib/format/text";
import { paths } from "@/lib/paths";
import { mayAdminister, oversees } from "@/lib/permissions";
import { Button } from "@/ui/Button";
import { Empty } from "@/ui/Empty";
import { Fault } from "@/ui/Fault";
import { Icon } from "@/ui/Icon";
import { Skeleton } from "@/ui/Skeleton";

const NewCustomer = lazy(async () => ({ default: (await import("@/features/customer/edit/Editor")).NewCustomer }));

export default function CustomersPage() {
  const { t } = useTranslation();
  const me = useMe();
  if (!oversees(me.agent)) return <Empty title={t("customers.notYours.title")} hint={t("customers.notYours.hint")} />;
  return <Page isAdmin={mayAdminister(me.agent)} />;
}

function useCustomers(q: string) {
  return useInfiniteQuery({
    queryKey: keys.customers(q),
    queryFn: ({ pageParam }) =>
      api.GET("/api/v1/customers", {
        params: { query: { ...(q !== "" && { q }), ...(pageParam && { after: pageParam }) } },
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 0,
  });
}

function Page({ isAdmin }: { isAdmin: boolean }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { id } = useSearch({ strict: false }) as { id?: string };
  const [q, setQ] = useState("");
  const [isAdding, setAdding] = useState(false);
  const [said, setSaid] = useState("");
  const pages = useCustomers(q.trim());
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const open = (chosen: string | undefined) => navigate({ to: paths.customers, search: chosen ? { id: chosen } : {} });
  const onMade = async (made: string | null) => {
    setAdding(false);
    setSaid(made === null ? t("customers.madeElsewhere") : "");
    await client.invalidateQueries({ queryKey: keys.everyCustomers });
    if (made !== null) await open(made);
  };
  return (
    <main className={css.page} data-open={id !== undefined || isAdding || undefined} aria-label={t("customers.title")}>
      <section className={css.list} aria-label={t("customers.list")}>
        <header className={css.head}>
          <h1 className={css.title}>{t("customers.title")}</h1>
          <div className={css.tools}>
            <Button kind="primary" size="s" icon="plus" onClick={() => setAdding(true)}>
              {t("customers.add")}
            </Button>
            {isAdmin && (
              <Link to={paths.adminImports} className={css.link}>
                {t("customers.importExport")}
              </Link>
            )}
          </div>
          <input
            className={css.search}
            type="search"
            value={q}
            placeholder={t("customers.search")}
            aria-label={t("customers.search")}
            onChange={(change) => setQ(change.currentTarget.value)}
          />
          {said !== "" && <p role="status">{said}</p>}
        </header>
        {pages.error !== null && <Fault error={pages.error} onRetry={() => void pages.refetch()} />}
        {pages.isPending && <Skeleton lines={6} />}
        {pages.data && rows.length === 0 && <Empty title={t("customers.none.title")} hint={t("customers.none.hint")} />}
        <ul>
          {rows.map((row) => (
            <Row key={row.id} row={row} isChosen={row.id === id} onChoose={() => void open(row.id)} />
          ))}
        </ul>
        {pages.hasNextPage && (
          <Button kind="quiet" disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            {t("customers.more")}
          </Button>
        )}
      </section>
      <section className={css.detail} aria-label={t("customer.panel")}>
        <button
          type="button"
          className={css.back}
          onClick={() => {
            setAdding(false);
            void open(undefined);
          }}
        >
          <Icon name="left" /> {t("customers.title")}
        </button>
        {isAdding ? (
          <Suspense fallback={<Skeleton lines={5} />}>
            <h2 className={css.title}>{t("customers.add")}</h2>
            <NewCustomer onDone={() => setAdding(false)} onMade={onMade} />
          </Suspense>
        ) : (
          <Chosen key={id} id={id} />
        )}
      </section>
    </main>
  );
}

function Row({ row, isChosen, onChoose }: { row: CustomerRow; isChosen: boolean; onChoose: () => void }) {
  const { t } = useTranslation();
  return (
    <li>
      <button type="button" className={css.row} aria-current={isChosen || undefined} onClick={onChoose}>
        <span className={css.name}>{row.name ?? (row.phone ? phone(row.phone) : t("customer.stranger"))}</span>
        <span className={css.meta}>{[row.phone && phone(row.phone), ...row.tags].filter(Boolean).join(" · ")}</span>
      </button>
    </li>
  );
}

function Chosen({ id }: { id: string | undefined }) {
  const { t } = useTranslation();
  if (id === undefined) return <Empty title={t("customers.choose.title")} hint={t("customers.choose.hint")} />;
  return <Sheet id={id} />;
}

function Sheet({ id }: { id: string }) {
  const client = useQueryClient();
  const customer = useQuery({
    queryKey: keys.customer(id),
    queryFn: () => api.GET("/api/v1/customers/{customer_id}", { params: { path: { customer_id: id } } }),
    staleTime: 0,
  });
  if (customer.error !== null) return <Fault error={customer.error} onRetry={() => void customer.refetch()} />;
  if (!customer.data) return <Skeleton lines={5} />;
  return (
    <CustomerSheet
      customer={customer.data}
      onSaved={async (saved) => {
        client.setQueryData(keys.customer(id), saved);
        await client.invalidateQueries({ queryKey: keys.everyCustomers });
      }}
    />
  );
}
