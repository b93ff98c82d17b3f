/** A reply the hub does not have yet. It looks like one that was sent, and says where it stands. */
import { useTranslation } from "react-i18next";
import type { Outgoing } from "@/data/outbox";
import entryCss from "@/features/timeline/Entry.module.css";
import { MessageText } from "@/features/timeline/MessageText";
import css from "@/features/timeline/OutgoingEntry.module.css";
import receiptCss from "@/features/timeline/Receipt.module.css";
import type { TimelineActions } from "@/features/timeline/Timeline";
import { useWords } from "@/lib/i18n/words";
import { Button } from "@/ui/Button";
import { ChannelMark } from "@/ui/ChannelMark";
import { Icon } from "@/ui/Icon";

export function OutgoingEntry({ outgoing, actions }: { outgoing: Outgoing; actions: TimelineActions }) {
  return (
    <article className={entryCss.entry} data-side="ours" data-starts>
      <header className={entryCss.head}>
        <ChannelMark channel={outgoing.channel} size={16} />
      </header>
      <div className={`${entryCss.line} ${css.pending}`}>
        <div className={entryCss.body}>
          {outgoing.text && (
            <div className={entryCss.bubble}>
              <MessageText text={outgoing.text} />
            </div>
          )}
          {outgoing.attachments.map((attachment) => (
            <span key={attachment.blob} className={css.file}>
              <Icon name={attachment.kind === "image" ? "image" : "file"} size={14} />
              {attachment.name}
            </span>
          ))}
        </div>
      </div>
      {outgoing.state === "failed" ? (
        <Failed outgoing={outgoing} actions={actions} />
      ) : (
        <OnItsWay outgoing={outgoing} />
      )}
    </article>
  );
}

function OnItsWay({ outgoing }: { outgoing: Outgoing }) {
  const { t } = useTranslation();
  return (
    <p className={receiptCss.receipt}>
      <Icon name="clock" size={14} />
      {t(outgoing.state === "waiting" ? "outgoing.waiting" : "delivery.sending")}
    </p>
  );
}

function Failed({ outgoing, actions }: { outgoing: Outgoing; actions: TimelineActions }) {
  const { t } = useTranslation();
  const words = useWords();
  return (
    <div className={receiptCss.trouble} data-tone="late" role="alert">
      <Icon name="alert" size={14} />
      <span className={receiptCss.words}>
        <strong>{t("outgoing.failed")}</strong> {outgoing.problem && words.problem(outgoing.problem)}
      </span>
      <span className={receiptCss.choices}>
        <Button size="s" icon="retry" onClick={() => actions.onRetry(outgoing)}>
          {t("delivery.resend")}
        </Button>
        <Button size="s" kind="quiet" onClick={() => actions.onDrop(outgoing)}>
          {t("outgoing.drop")}
        </Button>
      </span>
    </div>
  );
}
