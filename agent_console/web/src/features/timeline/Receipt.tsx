/** Where our reply stands. Trouble says what to do, right under the words it is about. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import css from "@/features/timeline/Receipt.module.css";
import type { TimelineActions } from "@/features/timeline/Timeline";
import type { Delivery, DeliveryState, SettleOutcome, Touchpoint } from "@/lib/api/types";
import { dateTime } from "@/lib/format/time";
import { useWords } from "@/lib/i18n/words";
import { Button } from "@/ui/Button";
import { Fault } from "@/ui/Fault";
import { Icon, type IconName } from "@/ui/Icon";

const signs: Record<DeliveryState, IconName> = {
  queued: "clock",
  sending: "clock",
  sent: "check",
  delivered: "checks",
  read: "checks",
  failed: "alert",
  unknown: "question",
};

interface Props {
  touchpoint: Touchpoint;
  isLast: boolean; // of its group: only there the good news is spelled out
  actions: TimelineActions;
}

export function Receipt({ touchpoint, isLast, actions }: Props) {
  const { t } = useTranslation();
  const { delivery } = touchpoint;
  if (delivery === null) return null;
  if (delivery.state === "failed") return <Failed touchpoint={touchpoint} delivery={delivery} actions={actions} />;
  if (delivery.state === "unknown") return <Unknown touchpoint={touchpoint} actions={actions} />;
  if (!isLast) return null;
  return (
    <p className={css.receipt} data-state={delivery.state} title={dateTime(delivery.changed_at)}>
      <Icon name={signs[delivery.state]} size={14} />
      {t(`delivery.${delivery.state}`)}
    </p>
  );
}

function Failed({
  touchpoint,
  delivery,
  actions,
}: {
  touchpoint: Touchpoint;
  delivery: Delivery;
  actions: TimelineActions;
}) {
  const { t } = useTranslation();
  const words = useWords();
  return (
    <div className={css.trouble} data-tone="late">
      <Icon name={signs.failed} size={14} />
      <span className={css.words}>
        <strong>{t("delivery.failed")}</strong> {words.failure(delivery.failure ?? "provider_rejected")}
        {delivery.detail && <span className={css.detail}>{delivery.detail}</span>}
      </span>
      {actions.mayAct && (
        <Button size="s" icon="retry" onClick={() => actions.onResend(touchpoint)}>
          {t("delivery.resend")}
        </Button>
      )}
    </div>
  );
}

const OUTCOMES: readonly SettleOutcome[] = ["sent", "queued", "failed"];

/** Nobody knows whether it arrived. A human can look and say; sending again by itself might say it twice. */
function Unknown({ touchpoint, actions }: { touchpoint: Touchpoint; actions: TimelineActions }) {
  const { t } = useTranslation();
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const settle = (outcome: SettleOutcome) => {
    setBusy(true);
    setError(null);
    actions
      .onSettle(touchpoint.id, outcome)
      .catch(setError)
      .finally(() => setBusy(false));
  };
  return (
    <div className={css.trouble} data-tone="risk">
      <Icon name={signs.unknown} size={14} />
      <span className={css.words}>
        <strong>{t("delivery.unknown")}</strong> {t("failure.outcome_unknown")}
      </span>
      {actions.mayAct && (
        <span className={css.choices}>
          {OUTCOMES.map((outcome) => (
            <Button key={outcome} size="s" disabled={isBusy} onClick={() => settle(outcome)}>
              {t(`settle.${outcome as "sent" | "queued" | "failed"}`)}
            </Button>
          ))}
        </span>
      )}
      {error !== null && <Fault error={error} />}
    </div>
  );
}
