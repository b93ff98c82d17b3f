/** One touchpoint: a customer's words on the left in grey, ours on the right in our colour, calls and the rest as cards. */
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { useAgentName } from "@/data/session";
import { AttachmentView } from "@/features/timeline/AttachmentView";
import { CallView } from "@/features/timeline/CallView";
import css from "@/features/timeline/Entry.module.css";
import type { Item } from "@/features/timeline/items";
import { MessageText } from "@/features/timeline/MessageText";
import { Receipt } from "@/features/timeline/Receipt";
import type { TimelineActions } from "@/features/timeline/Timeline";
import type { Customer, Touchpoint } from "@/lib/api/types";
import { clockTime, dateTime } from "@/lib/format/time";
import { ChannelMark } from "@/ui/ChannelMark";

type TouchpointItem = Extract<Item, { kind: "touchpoint" }>;

interface Props {
  item: TouchpointItem;
  customer: Customer | undefined;
  actions: TimelineActions;
}

export const Entry = memo(
  function Entry({ item, customer, actions }: Props) {
    const { touchpoint, startsGroup, endsGroup } = item;
    if (touchpoint.call !== null) return <CallView touchpoint={touchpoint} call={touchpoint.call} />;
    if (touchpoint.author === "system" && touchpoint.delivery === null)
      return <p className={css.system}>{touchpoint.text}</p>;
    const isOurs = touchpoint.author !== "customer";
    return (
      <article className={css.entry} data-side={isOurs ? "ours" : "theirs"} data-starts={startsGroup || undefined}>
        {startsGroup && <Head touchpoint={touchpoint} customer={customer} />}
        <div className={css.line}>
          <Body touchpoint={touchpoint} />
          {!startsGroup && <Time at={touchpoint.occurred_at} />}
        </div>
        {touchpoint.delivery && <Receipt touchpoint={touchpoint} isLast={endsGroup} actions={actions} />}
      </article>
    );
  },
  (a, b) =>
    a.item.touchpoint === b.item.touchpoint &&
    a.item.startsGroup === b.item.startsGroup &&
    a.item.endsGroup === b.item.endsGroup &&
    a.customer === b.customer &&
    a.actions.mayAct === b.actions.mayAct,
);

function Head({ touchpoint, customer }: { touchpoint: Touchpoint; customer: Customer | undefined }) {
  const { t } = useTranslation();
  const agentName = useAgentName();
  const identity = customer?.identities.find((candidate) => candidate.id === touchpoint.identity_id);
  const name =
    touchpoint.author === "customer"
      ? (touchpoint.author_name ?? identity?.display_name ?? customer?.name ?? t("customer.stranger"))
      : touchpoint.author === "system"
        ? t("thread.byHub")
        : (agentName(touchpoint.agent_id) ?? touchpoint.author_name ?? t("thread.staffElsewhere"));
  return (
    <header className={css.head}>
      <ChannelMark channel={touchpoint.channel} size={16} />
      <span className={css.name}>{name}</span>
      <span className={css.account}>{identity?.account_name ?? t(`channel.${touchpoint.channel}`)}</span>
      <Time at={touchpoint.occurred_at} />
    </header>
  );
}

function Time({ at }: { at: string }) {
  return (
    <time className={css.time} dateTime={at} title={dateTime(at)}>
      {clockTime(at)}
    </time>
  );
}

const PUBLIC = ["comment", "comment_edited", "post", "post_edited"] as const;

function Body({ touchpoint }: { touchpoint: Touchpoint }) {
  const { t } = useTranslation();
  const publicKind = PUBLIC.find((kind) => kind === touchpoint.unsupported_kind);
  const attachments = touchpoint.attachments.map((attachment, index) => {
    const place = `${index}:${attachment.blob ?? ""}`; // anew once our copy is there
    return (
      <AttachmentView
        key={place}
        touchpointId={touchpoint.id}
        index={index}
        attachment={attachment}
        at={touchpoint.accepted_at}
      />
    );
  });
  return (
    <div className={css.body}>
      {touchpoint.text && touchpoint.unsupported_kind === null && (
        <div className={css.bubble}>
          <MessageText text={touchpoint.text} />
          {touchpoint.edited_at && <span className={css.edited}>{t("thread.edited")}</span>}
        </div>
      )}
      {attachments.length > 0 && <div className={css.attachments}>{attachments}</div>}
      {publicKind && (
        <div className={css.bubble}>
          <span className={css.public}>{t(`thread.public.${publicKind}`)}</span>
          <MessageText text={touchpoint.text ?? ""} />
        </div>
      )}
      {touchpoint.unsupported_kind !== null && !publicKind && (
        <div className={css.unsupported}>
          <p>{t("thread.unsupported", { kind: touchpoint.unsupported_kind })}</p>
          {touchpoint.text && (
            <details>
              <summary>{t("thread.raw")}</summary>
              <pre className={css.raw}>{touchpoint.text}</pre>
            </details>
          )}
        </div>
      )}
    </div>
  );
}
