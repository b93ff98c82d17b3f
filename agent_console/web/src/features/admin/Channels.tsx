/** Our own numbers, pages and mailboxes: which work, where providers must send their webhooks, and new ones. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { AccountForm } from "@/features/admin/AccountForm";
import css from "@/features/admin/Admin.module.css";
import { useChannelAccounts, useChannels } from "@/features/admin/api";
import { AddBar } from "@/features/admin/parts/Bar";
import { OpenItem } from "@/features/admin/parts/OpenItem";
import type { ChannelAccount, ChannelDescription } from "@/lib/api/types";
import { ChannelMark } from "@/ui/ChannelMark";
import { CopyButton } from "@/ui/CopyButton";
import { Empty } from "@/ui/Empty";
import { Fault } from "@/ui/Fault";
import { Skeleton } from "@/ui/Skeleton";

export default function Channels() {
  const { t } = useTranslation();
  const channels = useChannels();
  const accounts = useChannelAccounts();
  const [isAdding, setAdding] = useState(false);
  const error = channels.error ?? accounts.error;
  if (error !== null)
    return <Fault error={error} onRetry={() => void Promise.all([channels.refetch(), accounts.refetch()])} />;
  if (!channels.data || !accounts.data) return <Skeleton lines={4} />;
  return (
    <>
      <AddBar
        hint={t("admin.channelsHint")}
        add={t("admin.addChannel")}
        disabled={isAdding}
        onAdd={() => setAdding(true)}
      />
      {isAdding && <AccountForm channels={channels.data} onDone={() => setAdding(false)} />}
      {accounts.data.length === 0 && !isAdding ? (
        <Empty title={t("admin.noChannels.title")} hint={t("admin.noChannels.hint")} />
      ) : (
        <ul className={css.list}>
          {accounts.data.map((account) => (
            <AccountItem key={account.id} account={account} channels={channels.data} />
          ))}
        </ul>
      )}
    </>
  );
}

function AccountItem({ account, channels }: { account: ChannelAccount; channels: readonly ChannelDescription[] }) {
  const { t } = useTranslation();
  return (
    <OpenItem
      mark={<ChannelMark channel={account.channel} size={24} />}
      name={account.display_name}
      about={`${t(`channel.${account.channel}`)} · ${account.id}`}
      badge={<AccountBadge account={account} />}
      alarm={account.alarm}
    >
      {(close) => (
        <AccountForm channels={channels} account={account} onDone={close}>
          <Webhook url={account.webhook_url} />
        </AccountForm>
      )}
    </OpenItem>
  );
}

function AccountBadge({ account }: { account: ChannelAccount }) {
  const { t } = useTranslation();
  if (account.alarm) {
    return (
      <span className={css.badge} data-tone="late">
        {t("admin.alarm")}
      </span>
    );
  }
  return (
    <span className={css.badge} data-tone={account.active ? "done" : undefined}>
      {t(account.active ? "admin.active" : "admin.inactive")}
    </span>
  );
}

function Webhook({ url }: { url: string }) {
  const { t } = useTranslation();
  return (
    <div>
      <p className={css.fieldLabel}>{t("admin.webhook")}</p>
      <div className={css.webhook}>
        <code>{url}</code>
        <CopyButton value={url} />
      </div>
      <p className={css.meta}>{t("admin.webhookHint")}</p>
    </div>
  );
}
